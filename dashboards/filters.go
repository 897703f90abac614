package dashboards

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// The values of the filter period. The empty one is the fiscal year to date.
const (
	toDate    = ""
	lastYear  = "last-fy"
	rolling12 = "rolling-12"
	custom    = "custom"
)

// Filters are the common filters of a page as its URL states them; the zero
// value is the default of each.
type Filters struct {
	Period   string    // toDate, lastYear, rolling12 or custom
	From, To time.Time // months of a custom period, both included; zero: as the year to date
	Unit     string    // org unit; empty is the whole company
	AsNow    bool      // units as they are now, not as they were
	AsOf     time.Time // zero is the latest day of the data
	Locale   string    // how numbers are written; empty is the company's, or as the browser asks
}

// filterNames are the query parameters of the common filters, in the order of a URL.
var filterNames = []string{"period", "from", "to", "unit", "org", "as_of", "locale"}

// parseFilters reads the filters of a query string. Unknown parameters are not
// its business; a bad value is an error that names the parameter and a good value.
func parseFilters(query map[string]string) (Filters, error) {
	f := Filters{Period: query["period"], Unit: query["unit"]}
	err := oneAttribute(query)
	if err != nil {
		return Filters{}, err
	}
	switch f.Period {
	case "fy":
		f.Period = toDate
	case toDate, lastYear, rolling12, custom:
	default:
		return Filters{}, fmt.Errorf("period: %q is not one of fy, last-fy, rolling-12, custom", f.Period)
	}
	if f.From, err = parseMonth("from", query["from"]); err != nil {
		return Filters{}, err
	}
	if f.To, err = parseMonth("to", query["to"]); err != nil {
		return Filters{}, err
	}
	if f.Period != custom {
		f.From, f.To = time.Time{}, time.Time{}
	}
	if !f.To.IsZero() && f.To.Before(f.From) {
		return Filters{}, fmt.Errorf("to: %s is before from, %s", f.To.Format("2006-01"), f.From.Format("2006-01"))
	}
	switch query["org"] {
	case "", "was":
	case "now":
		f.AsNow = true
	default:
		return Filters{}, fmt.Errorf("org: %q is not one of was, now", query["org"])
	}
	if v := query["as_of"]; v != "" {
		if f.AsOf, err = time.Parse(time.DateOnly, v); err != nil || !sane(f.AsOf) {
			return Filters{}, fmt.Errorf("as_of: %q is not a date like 2026-10-31", v)
		}
	}
	if f.Locale = query["locale"]; f.Locale != "" && !localeTag.MatchString(f.Locale) {
		return Filters{}, fmt.Errorf("locale: %q is not a language tag like en or de-AT", f.Locale)
	}
	if len(f.Unit) > 200 {
		return Filters{}, fmt.Errorf("unit: longer than 200 characters")
	}
	return f, nil
}

// oneAttribute refuses what no table of people is declared for: small groups are hidden in
// tables of the unit tree by one attribute, and by no two.
func oneAttribute(query map[string]string) error {
	var given []string
	for _, attribute := range [][2]string{{"title", "job title"}, {"location", "location"}, {"type", "employment type"}} {
		if query[attribute[0]] != "" {
			given = append(given, attribute[1])
		}
	}
	if len(given) < 2 {
		return nil
	}
	return fmt.Errorf("people are counted by unit and one of job title, location or employment type: ask for %s alone", strings.Join(given, " or for "))
}

func parseMonth(name, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse("2006-01", value)
	if err != nil || !sane(t) {
		return time.Time{}, fmt.Errorf("%s: %q is not a month like 2026-01", name, value)
	}
	return t, nil
}

// sane keeps dates within what the warehouse and people use.
func sane(t time.Time) bool { return t.Year() >= 1900 && t.Year() < 2200 }

// Query returns the filters as a query string that holds only what differs from
// the default, in a fixed order, so that equal pages have equal URLs.
func (f Filters) Query() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+url.QueryEscape(value))
		}
	}
	add("period", f.Period)
	if !f.From.IsZero() {
		add("from", f.From.Format("2006-01"))
	}
	if !f.To.IsZero() {
		add("to", f.To.Format("2006-01"))
	}
	add("unit", f.Unit)
	if f.AsNow {
		add("org", "now")
	}
	if !f.AsOf.IsZero() {
		add("as_of", f.AsOf.Format(time.DateOnly))
	}
	add("locale", f.Locale)
	return strings.Join(parts, "&")
}

// A Period is the half-open range of months [From, To), with the fiscal year
// that it lies in.
type Period struct {
	From, To         time.Time
	YearFrom, YearTo time.Time // the fiscal year of its last month, half-open
	Name             string    // "FY 2026 to date"
	IsYearToDate     bool      // the year's plan and forecast belong beside it
}

// Months returns how many months the period has.
func (p Period) Months() int { return monthsBetween(p.From, p.To) }

// Range writes the months of the period: "Jan to Oct 2026".
func (p Period) Range() string {
	last := p.To.AddDate(0, -1, 0)
	switch {
	case p.Months() <= 1:
		return month(p.From)
	case p.From.Year() == last.Year():
		return p.From.Format("Jan") + " to " + month(last)
	}
	return month(p.From) + " to " + month(last)
}

// A calendar is the fiscal calendar: the month that a fiscal year starts in.
type calendar struct{ startMonth time.Month }

// yearOf returns the fiscal year that the month m lies in.
func (c calendar) yearOf(m time.Time) (from, to time.Time) {
	from = time.Date(m.Year(), max(c.startMonth, time.January), 1, 0, 0, 0, 0, time.UTC)
	if from.After(m) {
		from = from.AddDate(-1, 0, 0)
	}
	return from, from.AddDate(1, 0, 0)
}

// yearName names a fiscal year by the calendar year that it ends in.
func (c calendar) yearName(from time.Time) string {
	return fmt.Sprintf("FY %d", from.AddDate(1, 0, -1).Year())
}

// period resolves f on a day: only months that were over by the end of that day count.
func (c calendar) period(f Filters, asOf time.Time) Period {
	end := monthOf(asOf.AddDate(0, 0, 1)) // first month that is not over
	p := Period{To: end}
	last := end.AddDate(0, -1, 0)
	p.YearFrom, p.YearTo = c.yearOf(last)
	switch f.Period {
	case lastYear:
		p.From, p.To = p.YearFrom.AddDate(-1, 0, 0), p.YearFrom
		p.YearFrom, p.YearTo = p.From, p.To
		p.Name = c.yearName(p.From)
	case rolling12:
		p.From = end.AddDate(-1, 0, 0)
		p.Name = "Last 12 months"
	case custom: // without months, those of the year to date
		p.From = p.YearFrom
		if !f.To.IsZero() {
			p.To = f.To.AddDate(0, 1, 0)
			p.YearFrom, p.YearTo = c.yearOf(f.To)
			p.From = p.YearFrom
		}
		if !f.From.IsZero() {
			p.From = f.From
		}
		p.Name = p.Range()
	default:
		p.From = p.YearFrom
		p.Name = c.yearName(p.YearFrom) + " to date"
		p.IsYearToDate = true
	}
	return p
}

// monthOf returns the first day of the month of t.
func monthOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// monthsBetween counts the months from a to b.
func monthsBetween(a, b time.Time) int {
	return (b.Year()-a.Year())*12 + int(b.Month()) - int(a.Month())
}
