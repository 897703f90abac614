package queries

import (
	"fmt"
	"strings"
	"time"

	"dials/queries/impact"
)

// command is how a person gets the same estimate from an extract of the panel.
func command(s impact.Spec) string {
	parts := []string{"dials estimate", "--design", s.Design}
	add := func(flag, value string) {
		if value != "" {
			parts = append(parts, "--"+flag, value)
		}
	}
	add("outcome", s.Outcome)
	add("unit", s.Unit)
	add("time", s.Time)
	add("treated", s.Treated)
	add("first-treated", s.FirstTreated)
	add("at", s.At)
	add("covariates", strings.Join(s.Covariates, ","))
	add("weights", s.Weights)
	add("comparison", s.Comparison)
	add("control", s.Control)
	add("method", s.Method)
	add("se", s.SE)
	add("season", s.Season)
	if s.Anticipation > 0 {
		add("anticipation", fmt.Sprint(s.Anticipation))
	}
	return strings.Join(append(parts, "panel.csv"), " ")
}

// Columns of a panel's frame and of its extract.
const (
	columnUnit, columnMonth, columnOutcome, columnFirst, columnWeight, columnBeside = "unit", "month", "outcome", "first", "weight", "comparison"
)

// frame is the panel as columns. Months that the comparison may not rest on are
// left out; weights are per unit, nil where all count alike.
func (p *panel) frame(weights []float64) (*impact.Frame, error) {
	keep := make([]bool, len(p.months))
	for _, t := range p.base() {
		keep[t] = true
	}
	for t := p.launch; t < len(keep); t++ {
		keep[t] = true
	}
	var unit, month, first []string
	var y, w []float64
	for i, u := range p.units {
		if weights != nil && weights[i] == 0 {
			continue
		}
		started := ""
		if p.isTreated(i) {
			started = p.months[p.first[i]].Format(time.DateOnly)
		}
		for t, m := range p.months {
			if !keep[t] {
				continue
			}
			unit, month, first = append(unit, u.Unit), append(month, m.Format(time.DateOnly)), append(first, started)
			y = append(y, p.y[i][t])
			if weights != nil {
				w = append(w, weights[i])
			}
		}
	}
	columns := []impact.Column{
		{Name: columnUnit, Text: unit},
		{Name: columnMonth, Text: month},
		{Name: columnOutcome, Numbers: y},
		{Name: columnFirst, Text: first},
	}
	if weights != nil {
		columns = append(columns, impact.Column{Name: columnWeight, Numbers: w})
	}
	return impact.NewFrame(columns...)
}
