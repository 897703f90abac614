package queries

import (
	"math"
	"testing"

	"dials/queries/evidence"
)

func TestSharesOf(t *testing.T) {
	claim := evidence.Finding{Verdict: evidence.Verdict{Rung: evidence.Staggered}, Result: evidence.Moved, IsClaim: true}
	weak := evidence.Finding{Verdict: evidence.Verdict{Rung: evidence.Interrupted}, Result: evidence.Moved, IsClaim: true}
	trial := func(effect, change float64) evidence.Trial {
		x := found()
		x.CompanyEffect, x.Change = effect, evidence.Change{Known: true, Points: change, Relative: change / 1000}
		return x
	}
	link := func(metric string) linkRow { return linkRow{Metric: &metric} }
	links := []linkRow{link("a"), link("a"), link("b"), link("c"), link("d"), link("b")}
	trials := []evidence.Trial{trial(30, 100), trial(20, 100), trial(90, 60), trial(30, 5), trial(30, -100), trial(60, 60)}
	findings := []evidence.Finding{claim, weak, claim, claim, claim, claim}
	want := []float64{0.3, 0, 0.6, 0, 0, 0.4} // alone, rung 3, both of too much, no visible change, the other way
	for i, s := range sharesOf(links, trials, findings) {
		if math.Abs(valueOf(s)-want[i]) > 1e-12 || (s == nil) != (want[i] == 0) {
			t.Errorf("tactic %d has a share of %v, want %v", i, valueOf(s), want[i])
		}
	}
}

func TestPersistence(t *testing.T) {
	w := world{seed: 3, units: 40, months: 48, aggregation: "mean", starts: starting(12, 12, 30), effect: 20, sigma: 2}
	s := w.study(t, byRule("choice", 1)...)
	kept, retained := 0, 0
	for _, p := range s.points {
		switch p.Kind {
		case "kept":
			kept++
			if math.Abs(*p.Value-20) > 4 || *p.Low > *p.Value || *p.High < *p.Value {
				t.Errorf("after %v months %v [%v, %v]", *p.X, *p.Value, *p.Low, *p.High)
			}
		case "retention":
			retained++
			if math.Abs(*p.Value-1) > 0.3 {
				t.Errorf("after %v months %v of it is left", *p.X, *p.Value)
			}
		}
	}
	if kept != 3 || retained != 2 { // 3, 6 and 12 of 18 months; the first is the window itself
		t.Errorf("%d horizons, %d compared", kept, retained)
	}
}
