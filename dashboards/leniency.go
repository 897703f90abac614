package dashboards

import (
	"context"
	"strings"

	"dials/queries"
)

// leniencyPage is how far the ratings of single reviewers are from those of others:
// rows about persons, for hr, with a reason.
var leniencyPage = page{
	Path: "/reviews/leniency", Heading: "Rating leniency", Topics: []queries.Topic{queries.TopicWorkforce}, Template: "reasoned.html", Live: true,
	Params: []string{"reason"}, Load: loadLeniency,
}

// A leniencyRow is one reviewer and fiscal year.
type leniencyRow struct {
	PersonID   string  `db:"person_id"`
	FiscalYear int64   `db:"fiscal_year"`
	Ratings    int64   `db:"ratings"`
	Difference float64 `db:"difference"`
	Leniency   float64 `db:"leniency"`
}

func loadLeniency(ctx context.Context, r *request) (*content, error) {
	v := &reasonedView{
		Path: "/reviews/leniency", Heading: "Reviewers",
		Note: "n ÷ (n + 10) · mean of (rating − mean of the job family) ÷ standard deviation of the family.",
		Foot: []footItem{{Text: "Definition", Link: definition("leniency")}, {Text: "Table: marts.review_leniency"}, {Text: "visible to HR"}},
	}
	c := &content{Title: "Do some reviewers rate more leniently than others?", Lead: "Rows about single people, visible to HR alone. Each view is logged with its reason. Differences may be real: a good team has good ratings.", Body: v}
	if r.reader.Policy.IsOff("leniency") {
		return c, r.withheld(&queries.Denial{Topic: queries.TopicWorkforce, Class: queries.Person, View: "leniency", Why: "leniency is switched off for everybody"})
	}
	rows, ok, err := readReasoned[leniencyRow](ctx, r, v, "review_leniency")
	if err != nil || !ok {
		return c, err
	}
	v.Table = dataTable{Caption: "Reviewers with five ratings or more", Head: []string{"Reviewer", "Fiscal year", "Ratings", "Mean difference, in standard deviations", "Shrunken"}}
	clear := 0
	for _, row := range rows {
		if row.Leniency > 0.3 || row.Leniency < -0.3 {
			clear++
		}
		v.Table.Rows = append(v.Table.Rows, []string{row.PersonID, strings.ReplaceAll(r.numbers.fixed(float64(row.FiscalYear), 0), thin, ""), r.numbers.count(row.Ratings), r.numbers.signed(row.Difference, 2), r.numbers.signed(row.Leniency, 2)})
	}
	c.Title = capital(counted(clear, "reviewer and year", "is", "are")) + " more than 0.3 standard deviations from the others, after shrinking"
	if len(rows) == 0 {
		c.Title = "No reviewer of your people has five ratings in a year"
	}
	return c, nil
}
