package dashboards

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"dials/queries"
)

// A staffRow is one number of the workforce in one month: amount ÷ base. What is
// nil is hidden, or told as a range.
type staffRow struct {
	Measure  string    `db:"measure"`
	Month    time.Time `db:"month"`
	Band     string    `db:"band"`
	People   *int64    `db:"people_n"`
	Amount   *float64  `db:"amount"`
	Base     *float64  `db:"base"`
	Median   *float64  `db:"p50"`
	Low      *int64    `db:"numerator_low"`
	High     *int64    `db:"numerator_high"`
	IsRange  bool      `db:"is_range"`
	IsHidden bool      `db:"is_hidden"`
}

// rate is amount ÷ base.
func (r staffRow) rate() number { return quotient(r.Amount, r.Base) }

func quotient(amount, base *float64) number {
	if amount == nil || base == nil || *base == 0 {
		return number{}
	}
	return number{*amount / *base, true}
}

// A staffByRow is one number of the last year of one job title or place.
type staffByRow struct {
	Measure   string   `db:"measure"`
	Attribute string   `db:"attribute"`
	Value     string   `db:"attribute_value"`
	Name      string   `db:"name"`
	People    *int64   `db:"people_n"`
	Amount    *float64 `db:"amount"`
	Base      *float64 `db:"base"`
	Low       *int64   `db:"numerator_low"`
	High      *int64   `db:"numerator_high"`
	IsRange   bool     `db:"is_range"`
	IsHidden  bool     `db:"is_hidden"`
}

// A headsByRow is how many employees have one title, place or contract.
type headsByRow struct {
	Attribute string `db:"attribute"`
	Value     string `db:"attribute_value"`
	Heads     *int64 `db:"heads"`
	People    *int64 `db:"people_n"`
	IsHidden  bool   `db:"is_hidden"`
}

// An absenceRow is one kind of absence in one year.
type absenceRow struct {
	Type       string    `db:"absence_type"`
	Month      time.Time `db:"month"`
	Attribute  string    `db:"attribute"`
	Value      string    `db:"attribute_value"`
	Name       string    `db:"name"`
	People     *int64    `db:"people_n"`
	Hours      *float64  `db:"absent_hours"`
	Contracted *float64  `db:"contracted_hours"`
	Spells     *float64  `db:"spells"`
	Heads      *float64  `db:"average_heads"`
	IsHidden   bool      `db:"is_hidden"`
}

// A payrollRow is payroll per full-time equivalent of one fiscal year.
type payrollRow struct {
	Month    time.Time `db:"month"` // the day after the year
	Basis    string    `db:"basis"` // earned or paid
	Amount   *float64  `db:"amount_per_fte"`
	Currency string    `db:"currency"`
	People   *int64    `db:"people_n"`
	IsHidden bool      `db:"is_hidden"`
}

// A moneyRow is a dial of money per full-time equivalent of one year.
type moneyRow struct {
	MetricID string    `db:"metric_id"`
	Name     string    `db:"name"`
	Currency string    `db:"currency"`
	Month    time.Time `db:"month"`
	Amount   *float64  `db:"amount"`
	FTE      *float64  `db:"fte"`
	PerFTE   *float64  `db:"amount_per_fte"`
	People   *int64    `db:"people_n"`
	IsHidden bool      `db:"is_hidden"`
}

// A payRow is what full-time base pay of one title is.
type payRow struct {
	Month     time.Time `db:"month"`
	Attribute string    `db:"attribute"`
	Value     string    `db:"attribute_value"`
	Name      string    `db:"name"`
	People    *int64    `db:"people_n"`
	Compa     *float64  `db:"compa_ratio"`
	P25       *float64  `db:"p25"`
	P50       *float64  `db:"p50"`
	P75       *float64  `db:"p75"`
	PayLow    *float64  `db:"pay_low"`
	PayMedian *float64  `db:"pay_median"`
	PayHigh   *float64  `db:"pay_high"`
	Currency  string    `db:"currency"`
	IsHidden  bool      `db:"is_hidden"`
}

// A titleMapRow is one spelling of a job title.
type titleMapRow struct {
	Raw      string     `db:"raw_title"`
	TitleID  *string    `db:"job_title_id"`
	Title    *string    `db:"title_name"`
	Family   *string    `db:"family"`
	Approved bool       `db:"is_approved"`
	Mapped   *time.Time `db:"mapped_date"`
	Basis    string     `db:"basis"`
	IsUsed   bool       `db:"is_used"`
}

// A knownRow is turnover as known on one day, and now.
type knownRow struct {
	Known     time.Time `db:"known_date"`
	Month     time.Time `db:"month"`
	People    *int64    `db:"people_n"`
	LeftNow   *float64  `db:"leavers_now"`
	Now       *float64  `db:"turnover_now"`
	LeftThen  *float64  `db:"leavers_then"`
	Then      *float64  `db:"turnover_then"`
	Late      *float64  `db:"late_leavers"`
	Withdrawn *float64  `db:"withdrawn"`
	Joiners   *float64  `db:"late_joiners"`
	IsSame    bool      `db:"is_same"`
	IsRange   bool      `db:"is_range"`
	IsHidden  bool      `db:"is_hidden"`
}

// staff is what the queries on the workforce returned.
type staff struct {
	rows    []staffRow
	by      []staffByRow
	heads   []headsByRow
	absence []absenceRow
	payroll []payrollRow
	money   []moneyRow
	pay     []payRow
	titles  []titleMapRow
	known   []knownRow
}

func readStaff(ctx context.Context, r *request) (*staff, error) {
	var s staff
	var err error
	if s.rows, err = read[staffRow](ctx, r, "workforce_numbers"); err != nil {
		return nil, err
	}
	if s.by, err = read[staffByRow](ctx, r, "workforce_by"); err != nil {
		return nil, err
	}
	if s.heads, err = read[headsByRow](ctx, r, "workforce_heads_by"); err != nil {
		return nil, err
	}
	if s.absence, err = read[absenceRow](ctx, r, "absence"); err != nil {
		return nil, err
	}
	if s.payroll, err = read[payrollRow](ctx, r, "payroll_per_fte"); err != nil {
		return nil, err
	}
	if s.money, err = read[moneyRow](ctx, r, "money_per_fte"); err != nil {
		return nil, err
	}
	if s.pay, err = read[payRow](ctx, r, "pay_titles"); err != nil {
		return nil, err
	}
	if s.titles, err = read[titleMapRow](ctx, r, "title_map"); err != nil {
		return nil, err
	}
	day, err := knownDay(r)
	if err != nil || !r.mayKnow() && r.query["known_on"] == "" {
		return &s, err
	}
	s.known, err = read[knownRow](ctx, r, "turnover_known", sql.Named("known_on", day.Format(time.DateOnly)))
	return &s, err
}

// knownDay is the day as of whose knowledge turnover is asked for: the latest
// unless the reader names one.
func knownDay(r *request) (time.Time, error) {
	text := strings.TrimSpace(r.query["known_on"])
	if text == "" {
		return r.asOf.AddDate(0, 0, 1), nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || !sane(day) {
		return day, badRequest("known_on: %q is not a date like 2026-03-01", text)
	}
	return day, nil
}

// years lists the years of the workforce, the latest first.
func (s *staff) years() []time.Time {
	var list []time.Time
	for _, row := range s.rows {
		if row.Measure == "leavers" && !slices.Contains(list, row.Month) {
			list = append(list, row.Month)
		}
	}
	slices.SortFunc(list, func(a, b time.Time) int { return b.Compare(a) })
	return list
}

// find returns a number of a month without band, if it is there.
func (s *staff) find(measure string, month time.Time) (staffRow, bool) {
	for _, row := range s.rows {
		if row.Measure == measure && row.Band == "" && row.Month.Equal(month) {
			return row, true
		}
	}
	return staffRow{}, false
}

// latest returns the latest month of a number.
func (s *staff) latest(measure string) time.Time {
	var at time.Time
	for _, row := range s.rows {
		if row.Measure == measure && row.Month.After(at) {
			at = row.Month
		}
	}
	return at
}

// bands returns the bands of a number in its latest month, in the order given.
func (s *staff) bands(measure string, order []string) []staffRow {
	at := s.latest(measure)
	var list []staffRow
	found := false
	for _, name := range order {
		band := staffRow{Measure: measure, Month: at, Band: name, IsHidden: true}
		for _, row := range s.rows {
			if row.Measure == measure && row.Band == name && row.Month.Equal(at) {
				band, found = row, true
			}
		}
		list = append(list, band)
	}
	if !found {
		return nil
	}
	return list
}

// A choice of the page's own.
func (r *request) chosen(name string, allowed ...string) (string, error) {
	v := r.query[name]
	if !slices.Contains(allowed, v) {
		return "", badRequest("%s: %q is not one of %s", name, v, list(allowed[1:]))
	}
	return v, nil
}

// poissonInterval is the exact 95 % interval of a rate of events over an exposure
// (Garwood, Biometrika 28, 1936): χ²(0.025; 2k) ÷ 2 and χ²(0.975; 2k + 2) ÷ 2.
func poissonInterval(events, exposure float64) (low, high float64) {
	if events > 0 {
		low = distuv.ChiSquared{K: 2 * events}.Quantile(0.025) / 2
	}
	high = distuv.ChiSquared{K: 2*events + 2}.Quantile(0.975) / 2
	return low / exposure, high / exposure
}

// mayKnow reports whether the reader may see data as they were known on a day.
func (r *request) mayKnow() bool {
	return r.reader.Policy.Can(queries.ActionAsKnown) && r.reader.Policy.Whole()
}
