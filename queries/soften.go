package queries

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A soft says what a query tells of people only where they are many, or only
// roughly, as its header declares:
//
//	-- quantile: median_days    NULL where the row is about fewer than 20 people
//	-- rounded: pay, rating     levels, rounded to 1 %, and the people to 5
//	-- yearly: month            the date of a level, of one month of the year
//
// "none" says that a column only sounds like one. The gate sees to it in the SQL, so
// that pages, the API and extracts tell the same.
type soft struct {
	quantiles, rounded []string
	yearly             string
	declared           [3]bool // quantile, rounded, yearly
}

// fewestOfQuantile is how many people an extremum or a quantile is about, at least.
const fewestOfQuantile = 20

var (
	softKeys = []string{"quantile", "rounded", "yearly"}

	// Columns that must be declared, or declared to be something else.
	quantileName = regexp.MustCompile(`(^|_)(median|quartile|quintile|decile|percentile|quantile|p\d{1,2}|q[1-3])(_|$)|^(min|max|minimum|maximum|lowest|highest|longest|shortest|least|most)_`)
	levelName    = regexp.MustCompile(`(^|_)(salary|base_pay|pay_level|pay_mean|mean_pay|average_pay|pay_median|median_pay|compa|compa_ratio|rating|rating_mean|mean_rating|average_rating|rating_level)$`)
	quantileCall = regexp.MustCompile(`^(median|mode|mad|quantile.*|percentile.*|approx_quantile)$`)
)

// declare takes one line of a header.
func (s *soft) declare(key, value string) error {
	i := slices.Index(softKeys, key)
	if s.declared[i] {
		return fmt.Errorf("header: %s is declared twice", key)
	}
	s.declared[i] = true
	if value == "none" {
		return nil
	}
	var columns []string
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		if !columnName.MatchString(name) || slices.Contains(columns, name) {
			return fmt.Errorf("header: %s: %q is not a list of columns, nor none", key, value)
		}
		columns = append(columns, name)
	}
	switch key {
	case "quantile":
		s.quantiles = columns
	case "rounded":
		s.rounded = columns
	default:
		if len(columns) > 1 {
			return fmt.Errorf("header: yearly: %q is not one column", value)
		}
		s.yearly = columns[0]
	}
	return nil
}

// complete checks that the lines fit each other and the class.
func (s *soft) complete(class Class) error {
	switch {
	case len(s.quantiles)+len(s.rounded) > 0 && class != Aggregate && class != Pay:
		return fmt.Errorf("header: class %s has no quantiles and levels of groups", class)
	case len(s.rounded) > 0 && !s.declared[2]:
		return errors.New(`header: a rounded level is told at yearly dates: add "-- yearly: <column>", or "-- yearly: none" if all rows are of one date`)
	}
	return nil
}

// checkCalls refuses quantiles that are worked out and not declared.
func (s *soft) checkCalls(class Class, calls map[string]bool) error {
	if class != Aggregate && class != Pay || s.declared[0] {
		return nil
	}
	for name := range calls {
		if quantileCall.MatchString(name) {
			return fmt.Errorf(`header: %s() of people is told of %d or more alone: add "-- quantile: <columns>"`, name, fewestOfQuantile)
		}
	}
	return nil
}

// checkColumns refuses columns that are not declared as what they are, and
// declarations of columns that are not there.
func (s *soft) checkColumns(class Class, columns []string) error {
	for _, c := range slices.Concat(s.quantiles, s.rounded) {
		if !slices.Contains(columns, c) {
			return fmt.Errorf("header: column %q is declared, but not in the result", c)
		}
	}
	if class != Aggregate && class != Pay {
		return nil
	}
	for _, c := range columns {
		if quantileName.MatchString(c) && !s.declared[0] {
			return fmt.Errorf(`header: column %q sounds like an extremum or a quantile, which is told of %d people or more alone: add "-- quantile: %s", or "-- quantile: none"`, c, fewestOfQuantile, c)
		}
		if levelName.MatchString(c) && !s.declared[1] {
			return fmt.Errorf(`header: column %q sounds like a level of pay or ratings, which is told rounded: add "-- rounded: %s", or "-- rounded: none"`, c, c)
		}
	}
	return nil
}

// wrap returns the query with what is declared of it done.
func (s *soft) wrap(query string, h header) string {
	if len(s.quantiles)+len(s.rounded) == 0 {
		return query
	}
	floor := "$min_people"
	if h.class == Pay {
		floor = "$min_people_pay"
	}
	columns := map[string]string{}
	for _, c := range s.rounded {
		columns[c] = rounded(c)
	}
	for _, c := range s.quantiles {
		value := c
		if r, ok := columns[c]; ok {
			value = r
		}
		columns[c] = fmt.Sprintf("case when %s >= %d then %s end", h.people, fewestOfQuantile, value)
	}
	if len(s.rounded) > 0 {
		columns[h.people] = fmt.Sprintf("case when %[1]s < %[2]s then %[1]s else greatest(round(%[1]s / 5.0) * 5, %[2]s) end::bigint", h.people, floor)
	}
	var replaced []string
	for c, value := range columns {
		replaced = append(replaced, value+" as "+c)
	}
	slices.Sort(replaced)
	wrapped := "select * replace (" + strings.Join(replaced, ", ") + ") from (" + query + "\n) as softened"
	if s.yearly != "" {
		wrapped += fmt.Sprintf("\nqualify case when count(distinct month(softened.%s)) over () > 1 then error('levels are told at yearly dates')::boolean else true end", s.yearly)
	}
	return wrapped
}

// rounded is a number rounded to a step of 1, 2 or 5 that is 1 % of it or a little more.
func rounded(c string) string {
	x := c + "::double"
	size := "pow(10, floor(log10(abs(" + x + "))))"
	step := fmt.Sprintf("(%[1]s / 100 * case when abs(%[2]s) / %[1]s <= 1 then 1 when abs(%[2]s) / %[1]s <= 2 then 2 when abs(%[2]s) / %[1]s <= 5 then 5 else 10 end)", size, x)
	return fmt.Sprintf("case when %[1]s = 0 then 0 else round(round(%[1]s / %[2]s) * %[2]s, 6) end", x, step)
}
