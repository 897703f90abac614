package queries

import (
	"dials/queries/impact"
)

const (
	panelSeed    = 1
	placeboDraws = 199  // that are shown
	rankDraws    = 3999 // for a p-value: one of 1/200 could not stand beside 20 others
	rankWork     = 2e7  // unit-months that such draws may walk over
	orderDraws   = 999
	// largePanel is the number of units from which small-sample corrections no
	// longer matter, but cost.
	largePanel = 1000
	// fewTreated is the number of treated units below which an effect must also
	// stand out among permutations.
	fewTreated = 10
)

// difference compares units that started at one date with others. Where they were
// not alike before, or were chosen on the dial, the others are weighted to be: on the dial of
// months that the effect is then not measured from, see alikeOn.
func (s *study) difference(p *panel) error {
	weights := s.compare(p, p.isChosen(), true)
	if on := p.alikeOn(); weights != nil && len(on) < len(p.base()) {
		p.from = on[len(on)-1] + 1
		s.Facts.Settings["matched_on_months"] = len(on)
	}
	frame, err := p.frame(weights)
	if err != nil {
		return err
	}
	spec := impact.Spec{Design: "did", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst}
	if weights != nil {
		spec.Weights = columnWeight
	}
	if len(p.units) > largePanel {
		spec.SE = "cluster"
	}
	if _, err := s.run(spec, frame); err != nil {
		return err
	}
	if weights != nil {
		s.weightedError(p, weights)
	}
	s.placebos(p)
	path, ok := p.periods(weights)
	s.honest(path, ok)
	s.eventStudy(frame, spec)
	s.path(p, weights)
	s.segments(p, weights)
	return nil
}

// weightedError replaces the error of a weighted comparison by that of two means of
// units' changes:
//
//	se² = s₁²/n₁ + s₀²·Σw²/(Σw)²    s₀² without weights
//
// CR2 takes units with a large weight for precise ones and finds too little error,
// for these weights say how much a unit is needed, not how well it is known.
func (s *study) weightedError(p *panel, weights []float64) {
	var treated []int
	for i := range p.units {
		if p.isTreated(i) {
			treated = append(treated, i)
		}
	}
	_, se, df := p.untreated(weights).effectOn(p, treated)
	e := s.Trial.Estimate
	if !(se > 0) || len(treated) < 2 {
		return
	}
	s.Facts.Settings["std_error_cr2"], s.Facts.Settings["se"] = e.StdErr, "two means of weighted changes"
	s.Trial.Estimate = estimateOf(impact.NewEstimate(e.Value, se, df, 0.95))
}
