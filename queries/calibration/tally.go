package calibration

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"dials/queries/impact"
)

// falseDiscovery is the level that tests of a company share, as evidence.FalseDiscovery.
const falseDiscovery = 0.05

// Multiples are the effects that are planted, of the MDE.
func Multiples() []float64 { return []float64{1, 1.5, 2} }

// A Gauge is what a design's estimates are like where nothing works.
type Gauge struct {
	StdErr, DF float64 // medians
}

// MDE is what a test at 5 % sees 4 times in 5: (t.975 + t.8)·se.
func (g Gauge) MDE() float64 {
	t := quantiles(g.DF)
	return (t(0.975) + t(0.8)) * g.StdErr
}

func quantiles(df float64) func(p float64) float64 {
	if df <= 0 {
		return distuv.UnitNormal.Quantile
	}
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile
}

// NewGauge takes the medians of verdicts with an interval; it is false without one.
func NewGauge(verdicts []Verdict) (Gauge, bool) {
	var se, df []float64
	for _, v := range verdicts {
		if v.HasInterval {
			se, df = append(se, v.StdErr), append(df, v.DF)
		}
	}
	if len(se) == 0 {
		return Gauge{}, false
	}
	return Gauge{StdErr: median(se), DF: median(df)}, true
}

func median(x []float64) float64 {
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// A Tally adds companies up to a table.
type Tally struct {
	company Share
	designs []string
	lines   map[string]*line
}

type line struct {
	Design
	theory []float64 // sums, by multiple
}

// NewTally counts the verdicts of some designs, in their order.
func NewTally(designs ...string) *Tally {
	t := &Tally{designs: designs, lines: map[string]*line{}}
	for _, name := range designs {
		l := &line{Design: Design{Name: name}, theory: make([]float64, len(Multiples()))}
		for _, m := range Multiples() {
			l.Power = append(l.Power, Power{Multiple: m})
		}
		t.lines[name] = l
	}
	return t
}

// Nothing adds a company in which nothing works. counts says whether it is one of those of which
// a share may hold a claim.
func (t *Tally) Nothing(c Company, counts bool) {
	claimed := false
	for _, v := range c.Verdicts {
		l := t.lines[v.Design]
		claimed = claimed || v.IsClaim
		cannot := v.Result == "cannot tell"
		l.CannotTell.Add(cannot)
		if !cannot {
			l.FalseClaims.Add(v.IsClaim)
		}
		l.cover(v)
	}
	if counts {
		t.company.Add(claimed)
	}
}

// Something adds a company in which some tactics work; gauge says how well its design sees a verdict's effect.
func (t *Tally) Something(c Company, gauge func(i int) Gauge) {
	for i, v := range c.Verdicts {
		l := t.lines[v.Design]
		l.cover(v)
		k := slices.Index(Multiples(), v.Multiple)
		if k < 0 {
			continue
		}
		l.Power[k].Found.Add(v.IsClaim)
		l.theory[k] += theory(v, gauge(i))
	}
}

// cover counts the interval.
func (l *line) cover(v Verdict) {
	if !v.HasInterval {
		return
	}
	half := v.StdErr * quantiles(v.DF)(0.975)
	l.Covered.Add(math.Abs(v.Effect-v.Truth) <= half)
	if v.IsClaim {
		l.CoveredClaims.Add(v.Low <= v.Truth && v.Truth <= v.High)
	}
}

// theory is the power of a t test of v's effect at the level that v was held to: q·R/m of R rejected
// tests, itself among them.
func theory(v Verdict, g Gauge) float64 {
	if g.StdErr <= 0 {
		return 0
	}
	r := v.Rejected
	if !v.IsClaim || r == 0 {
		r++
	}
	alpha := falseDiscovery * float64(min(r, max(v.Tests, 1))) / float64(max(v.Tests, 1))
	df := g.DF
	if df <= 0 {
		df = 1e6
	}
	// two samples of (df + 2) ÷ 2 with this deviation have a difference with error 1
	n, sd := (df+2)/2, math.Sqrt((df+2)/4)
	p, err := impact.TwoSamplePower(n, n, math.Abs(v.Truth)/g.StdErr, sd, alpha, 2)
	if err != nil {
		return 0
	}
	return p
}

// Table is what was counted.
func (t *Tally) Table() Table {
	out := Table{Company: t.company}
	for _, name := range t.designs {
		l := t.lines[name]
		d := l.Design
		d.Power = slices.Clone(d.Power)
		for k := range d.Power {
			if n := d.Power[k].Found.Of; n > 0 {
				d.Power[k].Theory = l.theory[k] / float64(n)
			}
		}
		out.Designs = append(out.Designs, d)
	}
	return out
}
