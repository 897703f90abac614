package queries

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"dials/queries/evidence"
	"dials/queries/impact"
)

// drawnUnits compares units drawn at random for one date, as they were drawn:
// means since the launch, adjusted for the months before.
func (s *study) drawnUnits(p *panel, waves []waveRow) error {
	base := p.base()
	var after []int
	for t := p.launch; t < len(p.months); t++ {
		after = append(after, t)
	}
	n := len(p.units)
	y, before, arm := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range p.units {
		y[i], before[i] = p.of(i, after), p.of(i, base)
		if p.isTreated(i) {
			arm[i] = 1
		}
	}
	frame, err := impact.NewFrame(impact.Column{Name: columnOutcome, Numbers: y}, impact.Column{Name: "before", Numbers: before}, impact.Column{Name: "arm", Numbers: arm})
	if err != nil {
		return err
	}
	if _, err := s.run(impact.Spec{Design: "randomized", Outcome: columnOutcome, Treated: "arm", Covariates: []string{"before"}}, frame); err != nil {
		return err
	}
	s.compare(p, false, false)
	s.placebos(p)
	s.path(p, nil)
	s.segments(p, nil)
	s.randomUnits(p, waves)
	return nil
}

// randomUnits adds the facts of an assignment of units at random.
func (s *study) randomUnits(p *panel, waves []waveRow) {
	r := &evidence.RandomFacts{IsLogged: len(waves) > 0, IsAsAssigned: true, HasBalance: true}
	for _, w := range waves {
		r.IsLogged = r.IsLogged && w.AssignedAt != nil && w.AssignedAt.Before(p.months[p.launch])
	}
	r.Treated.Assigned, r.Control.Assigned = p.counts()
	// units with gaps were left out of the panel
	r.Treated.Assigned, r.Treated.Unknown = r.Treated.Assigned+p.lost[0], p.lost[0]
	r.Control.Assigned, r.Control.Unknown = r.Control.Assigned+p.lost[1], p.lost[1]
	arm := make([]float64, len(p.units))
	for i := range p.units {
		if p.isTreated(i) {
			arm[i] = 1
		}
	}
	_, x := p.traits()
	r.BalanceP = omnibus(arm, x)
	s.Trial.Random = r
}

// omnibus is the permutation p of how much of y its traits x explain together:
//
//	p = (1 + #{R²* ≥ R²}) / (1 + draws)
//
// Traits that do not vary, or repeat others, add nothing.
func omnibus(y []float64, x [][]float64) float64 {
	n := len(y)
	if n < 3 {
		return 1
	}
	var q [][]float64 // orthonormal, orthogonal to 1
	for _, v := range x {
		c := make([]float64, n)
		m := meanOf(v, nil)
		for i := range v {
			c[i] = v[i] - m
		}
		was := dotOf(c, c)
		for _, o := range q {
			d := dotOf(o, c)
			for i := range c {
				c[i] -= d * o[i]
			}
		}
		left := dotOf(c, c)
		if !(left > 1e-10*was) || left == 0 {
			continue
		}
		for i := range c {
			c[i] /= math.Sqrt(left)
		}
		q = append(q, c)
	}
	if len(q) == 0 || varianceOf(y) == 0 {
		return 1
	}
	explained := func(y []float64) float64 {
		s := 0.0
		for _, o := range q {
			d := dotOf(o, y)
			s += d * d
		}
		return s
	}
	actual := explained(y) * (1 - 1e-12)
	shuffled := slices.Clone(y)
	r := rand.New(rand.NewPCG(panelSeed, 23))
	larger := 0
	for range orderDraws {
		r.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if explained(shuffled) >= actual {
			larger++
		}
	}
	return float64(1+larger) / float64(1+orderDraws)
}

func dotOf(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func ptr[T any](v T) *T { return &v }

func valueOf(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

func boolOf(v *bool) float64 {
	if v != nil && *v {
		return 1
	}
	return 0
}

// dayAfter is the first moment that is not before the end of a month.
func dayAfter(month time.Time) time.Time { return month.AddDate(0, 1, 0) }
