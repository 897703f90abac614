package dashboards

import (
	"context"
	"slices"
	"strings"
	"time"

	"dials/queries"
)

// reviewsPage is the page on whether reviews happen, are fair and are followed up.
var reviewsPage = page{
	Path: "/reviews", Name: "Reviews", Heading: "Reviews and follow-up", Topics: []queries.Topic{queries.TopicReviews},
	Template: "reviews.html", Filters: true, Params: []string{"by"}, Load: loadReviews,
}

// A reviewRow is one number of reviews in one month: amount ÷ base.
type reviewRow struct {
	Measure    string    `db:"measure"`
	Month      time.Time `db:"month"`
	Attribute  string    `db:"attribute"`
	Value      string    `db:"attribute_value"`
	Name       string    `db:"name"`
	People     *int64    `db:"people_n"`
	Amount     *float64  `db:"amount"`
	Base       *float64  `db:"base"`
	Median     *float64  `db:"p50"`
	P90        *float64  `db:"p90"`
	FiscalYear *int64    `db:"fiscal_year"`
	IsComplete *bool     `db:"is_complete"`
	IsHidden   bool      `db:"is_hidden"`
}

func (r reviewRow) rate() number { return quotient(r.Amount, r.Base) }

// A reviewUnitRow is one number of one unit below the one asked for.
type reviewUnitRow struct {
	UnitID   string    `db:"unit_id"`
	Name     string    `db:"name"`
	Measure  string    `db:"measure"`
	Month    time.Time `db:"month"`
	People   *int64    `db:"people_n"`
	Amount   *float64  `db:"amount"`
	Base     *float64  `db:"base"`
	Median   *float64  `db:"p50"`
	IsHidden bool      `db:"is_hidden"`
}

// A riseRow is how pay changed after reviews with one rating.
type riseRow struct {
	Month    time.Time `db:"month"`
	Rating   int32     `db:"rating"`
	Rise     *float64  `db:"rise"`
	People   *int64    `db:"people_n"`
	IsHidden bool      `db:"is_hidden"`
}

// reviews is what the page's queries returned.
type reviews struct {
	rows  []reviewRow
	units []reviewUnitRow
	rises []riseRow

	training []trainingRow
}

// A trainingRow is what followed in one measure when managers were trained.
type trainingRow struct {
	Measure  string   `db:"measure"`
	Trained  *int64   `db:"trained_n"`
	Compared *int64   `db:"compared_n"`
	Effect   *float64 `db:"effect"`
	Low      *float64 `db:"low"`
	High     *float64 `db:"high"`
	MDE      *float64 `db:"mde"`
}

func loadReviews(ctx context.Context, r *request) (*content, error) {
	var v reviews
	var err error
	if v.rows, err = read[reviewRow](ctx, r, "reviews"); err != nil {
		return nil, err
	}
	if v.units, err = read[reviewUnitRow](ctx, r, "reviews_units"); err != nil {
		return nil, err
	}
	if v.rises, err = read[riseRow](ctx, r, "review_pay"); err != nil {
		return nil, err
	}
	if v.training, err = read[trainingRow](ctx, r, "review_training"); err != nil {
		return nil, err
	}
	view, err := r.reviewsView(&v)
	if err != nil {
		return nil, err
	}
	return &content{Title: r.reviewsTitle(&v), Lead: r.reviewsLead(&v), Body: view}, nil
}

// find returns a number of a month without attribute, if it is there and told.
func (v *reviews) find(measure string, at time.Time) (reviewRow, bool) {
	for _, row := range v.rows {
		if row.Measure == measure && row.Attribute == "" && row.Month.Equal(at) && !row.IsHidden {
			return row, true
		}
	}
	return reviewRow{}, false
}

// months lists the months of a number, the latest first.
func (v *reviews) months(measure string) []time.Time {
	var list []time.Time
	for _, row := range v.rows {
		if row.Measure == measure && row.Attribute == "" && !slices.Contains(list, row.Month) {
			list = append(list, row.Month)
		}
	}
	slices.SortFunc(list, func(a, b time.Time) int { return b.Compare(a) })
	return list
}

// last returns a number of its latest month.
func (v *reviews) last(measure string) (reviewRow, bool) {
	months := v.months(measure)
	if len(months) == 0 {
		return reviewRow{}, false
	}
	return v.find(measure, months[0])
}

// year is the latest year of reviews.
func (v *reviews) year() (time.Time, bool) {
	months := v.months("held")
	if len(months) == 0 {
		return time.Time{}, false
	}
	return months[0], true
}

// yearName names the fiscal year of a row.
func (r *request) yearName(row reviewRow) string {
	if row.FiscalYear == nil {
		return month(row.Month)
	}
	name := "FY " + r.numbers.fixed(float64(*row.FiscalYear), 0)
	if row.IsComplete != nil && !*row.IsComplete {
		name += " so far"
	}
	return strings.ReplaceAll(name, thin, "")
}

// reviewsTitle answers: are reviews happening, fair, and followed up?
func (r *request) reviewsTitle(v *reviews) string {
	at, ok := v.year()
	if !ok {
		return "No review was due here yet, or of too few people to be told"
	}
	held, ok := v.find("held", at)
	if !ok || !held.rate().Known {
		return "Reviews here are of too few people to be told"
	}
	text := r.numbers.wholePercent(held.rate().Value) + " of the reviews due in " + r.yearName(held) + " were held"
	if done, ok := v.find("done on time", at); ok && done.rate().Known {
		text += "; " + r.numbers.wholePercent(done.rate().Value) + " of the actions agreed were done on time"
	}
	return text
}

// reviewsLead qualifies the title in one line.
func (r *request) reviewsLead(v *reviews) string {
	at, ok := v.year()
	if !ok {
		return "Load the streams review_cycle and review; action, review_check, review_note and plan_item say what follows."
	}
	var parts []string
	if row, ok := v.find("on time", at); ok && row.rate().Known {
		parts = append(parts, r.numbers.wholePercent(row.rate().Value)+" were held by the due date, of "+r.numbers.fixed(*row.Base, 0)+" due.")
	}
	if row, ok := v.last("since"); ok && row.Median != nil && row.P90 != nil {
		parts = append(parts, "Half of the people had their last review less than "+r.numbers.fixed(*row.Median, 0)+" days ago, nine of ten less than "+r.numbers.fixed(*row.P90, 0)+".")
	}
	parts = append(parts, "Demographics and pay equity are not in scope: “fair” here is about process and ratings alone.")
	return strings.Join(parts, " ")
}
