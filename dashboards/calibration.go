package dashboards

import (
	"context"
	"fmt"
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
	Multiples []float64
	Designs   []calibratedDesign
	Traps     []calibratedTrap
}

// A calibratedDesign is one design in words.
type calibratedDesign struct {
	Name, False, CannotTell string

	Power          []string
	Covered, Claim string
}

type calibratedTrap struct{ Name, About, Wrong, Naive string }

func loadCalibration(context.Context, *request) (*content, error) {
	table, err := calibration.Released()
	if err != nil {
		return nil, err
	}
	view := &calibrationView{Table: table, Multiples: calibration.Multiples()}
	for _, d := range table.Designs {
		line := calibratedDesign{
			Name: d.Name, False: shareInWords(d.FalseClaims), CannotTell: shareInWords(d.CannotTell),
			Covered: shareInWords(d.Covered), Claim: shareInWords(d.CoveredClaims),
		}
		for _, p := range d.Power {
			line.Power = append(line.Power, shareInWords(p.Found))
		}
		view.Designs = append(view.Designs, line)
	}
	for _, t := range table.Traps {
		view.Traps = append(view.Traps, calibratedTrap{t.Name, t.About, shareInWords(t.Wrong), shareInWords(t.Naive)})
	}
	ran := table.Date
	if on, err := time.Parse(time.DateOnly, table.Date); err == nil {
		ran = day(on)
	}
	return &content{
		Title: fmt.Sprintf("Of %d companies in which nothing worked, %s made a claim", table.Company.Of, inWords(table.Company.Count)),
		Lead: fmt.Sprintf("%d companies were simulated and went the whole way from source files to verdict, on %s, with seed %d. Per cent, ± Monte Carlo error, of how many. "+
			"Another run: dials calibrate.", table.Companies, ran, table.Seed),
		Body: view,
	}, nil
}

// shareInWords is a share in per cent with its Monte Carlo error and its total.
func shareInWords(s calibration.Share) string {
	if s.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f ± %.1f of %d", 100*s.Rate(), 100*s.Error(), s.Of)
}
