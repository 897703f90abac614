package queries

import (
	"dials/queries/impact"
)

const (
	panelSeed    = 1
	placeboDraws = 199
	orderDraws   = 999
	// largePanel is the number of units from which small-sample corrections no
	// longer matter, but cost.
	largePanel = 1000
	// fewTreated is the number of treated units below which an effect must also
	// stand out among permutations.
	fewTreated = 10
)

// difference compares units that started at one date with others. Where they were
// not alike before, or were chosen on the dial, the others are weighted to be.
func (s *study) difference(p *panel) error {
	weights := s.compare(p, p.isChosen(), true)
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
	s.placebos(p)
	s.eventStudy(frame, spec)
	s.path(p, weights)
	return nil
}
