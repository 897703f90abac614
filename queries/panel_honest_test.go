package queries

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"dials/queries/impact"
)

func checkNamed(s study, name string) (impact.Check, bool) {
	for _, c := range s.checks {
		if c.Name == name {
			return c, true
		}
	}
	return impact.Check{}, false
}

// The path of periods is that of a two-sample comparison by hand.
func TestPeriods(t *testing.T) {
	w := world{seed: 3, units: 30, months: 40, aggregation: "mean", starts: starting(12, 12, 28), effect: 5, sigma: 4, rho: 0.3}
	units, all := w.rows()
	p := newPanel(w.link(), units, all)
	path, ok := p.periods(nil)
	if !ok || path.Pre != 3 || path.Post != 2 {
		t.Fatalf("%d periods before, %d after", path.Pre, path.Post)
	}
	var in, off []float64 // months 28 to 33 against 22 to 27
	for i := range p.units {
		d := stat.Mean(p.y[i][28:34], nil) - stat.Mean(p.y[i][22:28], nil)
		if p.isTreated(i) {
			in = append(in, d)
		} else {
			off = append(off, d)
		}
	}
	want := stat.Mean(in, nil) - stat.Mean(off, nil)
	if got := path.Beta[path.Pre]; math.Abs(got-want) > 1e-12 {
		t.Errorf("first period %v, want %v", got, want)
	}
	want = stat.Variance(in, nil)/12 + stat.Variance(off, nil)/18
	if got := path.V.At(path.Pre, path.Pre); math.Abs(got-want) > 1e-12 {
		t.Errorf("its variance %v, want %v", got, want)
	}
}

// A clear jump breaks down late, one that is the trend going on at once, and where there
// is no effect nothing is asked.
func TestHonestInRefresh(t *testing.T) {
	w := world{seed: 4, units: 60, months: 48, aggregation: "mean", starts: starting(25, 25, 30), effect: 12, sigma: 4, rho: 0.2}
	clear, ok := checkNamed(w.study(t, byRule("choice", 1)...), "sensitivity-honest-rm")
	t.Logf("M̄ %.2f", clear.Statistic)
	if !ok || !clear.Passed || clear.Statistic < 1 {
		t.Errorf("a jump of three deviations: %+v", clear)
	}
	w.effect, w.trend = 0, 1
	sloped, ok := checkNamed(w.study(t, byRule("choice", 1)...), "sensitivity-honest-rm")
	if ok && sloped.Statistic > 1.5 || ok && sloped.Statistic >= clear.Statistic {
		t.Errorf("a trend of its own breaks down at %v, a jump at %v", sloped.Statistic, clear.Statistic)
	}
	w.trend = 0
	s := w.study(t, byRule("choice", 1)...)
	if _, ok := checkNamed(s, "sensitivity-honest-rm"); ok && s.Trial.Estimate.P > 0.05 {
		t.Error("asked where there is no effect")
	}
}

// Of one wave the path of a roll-out is that of a two-sample comparison.
func TestWavePeriods(t *testing.T) {
	w := world{seed: 3, units: 30, months: 40, aggregation: "mean", starts: starting(12, 12, 28), effect: 5, sigma: 4, rho: 0.3}
	units, all := w.rows()
	p := newPanel(w.link(), units, all)
	want, ok := p.periods(nil)
	got, ok2 := p.wavePeriods()
	if !ok || !ok2 || got.Pre != want.Pre || got.Post != want.Post {
		t.Fatalf("%d before and %d after, want %d and %d", got.Pre, got.Post, want.Pre, want.Post)
	}
	for a := range want.Beta {
		if math.Abs(got.Beta[a]-want.Beta[a]) > 1e-12 {
			t.Errorf("period %d: %v, want %v", a, got.Beta[a], want.Beta[a])
		}
		for b := range want.Beta {
			if math.Abs(got.V.At(a, b)-want.V.At(a, b)) > 1e-12 {
				t.Errorf("variance %d, %d: %v, want %v", a, b, got.V.At(a, b), want.V.At(a, b))
			}
		}
	}
}

// A roll-out in waves is asked too: a clear jump holds, and its path is right on average.
func TestHonestOfWaves(t *testing.T) {
	w := world{seed: 6, units: 60, months: 54, aggregation: "mean", starts: starting(40, 10, 24, 28, 32, 36), effect: 12, sigma: 4, rho: 0.2}
	s := w.study(t, byRule("order", 4)...)
	for _, name := range []string{"sensitivity-honest-rm", "sensitivity-honest-sd"} {
		if c, ok := checkNamed(s, name); !ok || !c.Passed {
			t.Errorf("a jump of three deviations: %s %+v", name, c)
		}
	}
	units, all := w.rows()
	path, ok := newPanel(w.link(), units, all).wavePeriods()
	if !ok || path.Post != 2 || path.Pre < 2 {
		t.Fatalf("%+v", path)
	}
	for q, b := range path.Beta {
		want := 0.0
		if q >= path.Pre {
			want = 12
		}
		if se := math.Sqrt(path.V.At(q, q)); math.Abs(b-want) > 4*se {
			t.Errorf("period %d: %v ± %v, truth %v", q, b, se, want)
		}
	}
}
