package dashboards

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"dials/queries"
	"dials/queries/calibration"
)

// calibrationPage is how often verdicts are right where the truth is known.
var calibrationPage = page{
	Path: "/calibration", Heading: "Calibration", Template: "calibration.html",
	Topics: []queries.Topic{queries.TopicDefinitions}, Load: loadCalibration,
}

// calibrationView is the data of templates/calibration.html.
type calibrationView struct {
	Table     calibration.Table
	Facts     []fact
	Multiples []float64
	Designs   []calibratedDesign
	Traps     []calibratedTrap
	Foot      []footItem
}

// A calibratedDesign is one design in words.
type calibratedDesign struct {
	Name, False, CannotTell string

	Power          []foundAt
	Covered, Claim string
	MDE            string
}

// A foundAt is how often an effect is found, beside what theory says.
type foundAt struct{ Found, Theory string }

type calibratedTrap struct{ Name, About, Wrong, Naive, CannotTell string }

func loadCalibration(_ context.Context, r *request) (*content, error) {
	table, err := calibration.Released()
	if err != nil {
		return nil, err
	}
	view := &calibrationView{Table: table, Multiples: calibration.Multiples()}
	for _, d := range table.Designs {
		line := calibratedDesign{
			Name: d.Name, False: shareInWords(d.FalseClaims), CannotTell: shareInWords(d.CannotTell),
			Covered: shareInWords(d.Covered), Claim: shareInWords(d.CoveredClaims), MDE: unknown,
		}
		if d.MDE > 0 {
			line.MDE = r.numbers.significant(d.MDE)
		}
		for _, p := range d.Power {
			line.Power = append(line.Power, foundAt{shareInWords(p.Found), "theory " + r.numbers.fixed(100*p.Theory, 0)})
		}
		view.Designs = append(view.Designs, line)
	}
	for _, t := range table.Traps {
		view.Traps = append(view.Traps, calibratedTrap{capital(strings.ReplaceAll(t.Name, "-", " ")), t.About, shareInWords(t.Wrong), shareInWords(t.Naive), shareInWords(t.CannotTell)})
	}
	ran := table.Date
	if on, err := time.Parse(time.DateOnly, table.Date); err == nil {
		ran = day(on)
	}
	view.Facts = r.calibrationFacts(table)
	view.Foot = []footItem{
		{Text: "How we know", Link: definition("evidence")},
		{Text: "Engine " + cmp.Or(table.Engine, unknown)},
		{Text: "Run on " + ran},
		{Text: fmt.Sprintf("dials calibrate --runs %d --seed %d", table.Runs, table.Seed)},
		{Text: "n = " + r.numbers.count(int64(table.Companies)) + " companies"},
	}
	return &content{
		Title: fmt.Sprintf("Of %d companies in which nothing worked, %s made a claim", table.Company.Of, inWords(table.Company.Count)),
		Lead: fmt.Sprintf("%s companies of which it is known what works were simulated and went the whole way from source files to verdict. "+
			"This table is of the program, not of your data: run on %s with engine %s. Per cent, ± Monte Carlo error, of how many.", r.numbers.count(int64(table.Companies)), ran, cmp.Or(table.Engine, unknown)),
		Body: view,
	}, nil
}

// calibrationFacts are the worst of the table, against what is allowed.
func (r *request) calibrationFacts(t calibration.Table) []fact {
	worst, low, high, weakest := t.Designs[0], t.Designs[0], t.Designs[0], t.Designs[0]
	strongest := func(d calibration.Design) calibration.Share { return d.Power[len(d.Power)-1].Found }
	for _, d := range t.Designs {
		if d.FalseClaims.Rate() > worst.FalseClaims.Rate() {
			worst = d
		}
		if d.Covered.Rate() < low.Covered.Rate() {
			low = d
		}
		if d.Covered.Rate() > high.Covered.Rate() {
			high = d
		}
		if strongest(d).Rate() < strongest(weakest).Rate() {
			weakest = d
		}
	}
	pct := func(s calibration.Share) string { return r.numbers.fixed(100*s.Rate(), 1) + thin + "%" }
	link := definition("evidence")
	return []fact{
		{Term: "Companies with a false claim", Value: pct(t.Company), Sub: "at most 5" + thin + "% are allowed", Link: link},
		{Term: "False claims, worst design", Value: pct(worst.FalseClaims), Sub: worst.Name + "; at most 5" + thin + "%", Link: link},
		{Term: "Effects of 2× found, worst design", Value: pct(strongest(weakest)), Sub: weakest.Name + "; 90" + thin + "% or more are wanted", Link: link},
		{Term: "Intervals that hold the truth", Value: r.numbers.fixed(100*low.Covered.Rate(), 1) + " to " + pct(high.Covered), Sub: low.Name + " to " + high.Name + "; 93 to 97" + thin + "% are wanted", Link: link},
	}
}

// shareInWords is a share in per cent with its Monte Carlo error and its total.
func shareInWords(s calibration.Share) string {
	if s.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f ± %.1f of %d", 100*s.Rate(), 100*s.Error(), s.Of)
}
