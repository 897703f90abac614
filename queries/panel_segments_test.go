package queries

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// Half of the units gain 4, the others 12; groups by the unit above, by size and by wave find it.
func TestSegments(t *testing.T) {
	w := world{seed: 8, units: 44, months: 40, aggregation: "mean", starts: starting(20, 10, 24, 28), effect: 4, sigma: 3, rho: 0.2}
	units, all := w.rows()
	north := map[string]bool{}
	for i := range units {
		units[i].Group, units[i].Heads = ptr("South"), ptr(10.)
		if i%2 == 0 {
			units[i].Group, units[i].Heads = ptr("North"), ptr(30.)
			north[units[i].Unit] = true
		}
	}
	for k, c := range all {
		if u := units[0]; north[c.unit] && c.unit < "u0020" && c.month >= monthNumber(w.month(w.starts[indexOf(units, c.unit)])) && u.From != nil {
			all[k].value += 8
		}
	}
	p := newPanel(w.link(), units, all)
	s, err := studyPanel(w.link(), p, byRule("order", 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"group-unit North": 12, "group-unit South": 4, "group-size Larger units": 12, "group-size Smaller units": 4, "group-wave Wave 01": 8, "group-wave Wave 02": 8}
	seen := 0
	for _, pt := range s.points {
		v, ok := want[pt.Kind+" "+pt.Name]
		if !ok {
			continue
		}
		seen++
		if math.Abs(*pt.Value-v) > 2 || *pt.Low > v || *pt.High < v || *pt.X != 10 {
			t.Errorf("%s %s: %.2f (%.2f to %.2f) of %v units, want %v", pt.Kind, pt.Name, *pt.Value, *pt.Low, *pt.High, *pt.X, v)
		}
	}
	if seen != len(want) {
		t.Errorf("%d groups, want %d", seen, len(want))
	}
}

func indexOf(units []unitRow, id string) int {
	for i, u := range units {
		if u.Unit == id {
			return i
		}
	}
	return -1
}

// Sizes that are known of the others alone split nobody.
func TestSizesOfOthers(t *testing.T) {
	w := world{seed: 2, units: 30, months: 30, aggregation: "mean", starts: starting(12, 12, 20), sigma: 4}
	units, all := w.rows()
	for i := range units {
		if units[i].From != nil {
			units[i].Heads = nil
		}
	}
	s, err := studyPanel(w.link(), newPanel(w.link(), units, all), byRule("choice", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, pt := range s.points {
		if pt.Kind == "group-size" {
			t.Errorf("%s", pt.Name)
		}
	}
}

// With one date and no weights the effect on all is the difference in differences, with
// Welch's error, by hand.
func TestEffectOnIsWelch(t *testing.T) {
	w := world{seed: 2, units: 30, months: 30, aggregation: "mean", starts: starting(12, 12, 20), effect: 3, sigma: 4, rho: 0.1}
	units, all := w.rows()
	p := newPanel(w.link(), units, all)
	var who []int
	var in, off []float64
	for i := range p.units {
		d := stat.Mean(p.y[i][20:], nil) - stat.Mean(p.y[i][:20], nil)
		if p.isTreated(i) {
			in, who = append(in, d), append(who, i)
		} else {
			off = append(off, d)
		}
	}
	v, se, _ := p.untreated(nil).effectOn(p, who)
	want, wantSE := stat.Mean(in, nil)-stat.Mean(off, nil), math.Sqrt(stat.Variance(in, nil)/12+stat.Variance(off, nil)/18)
	if math.Abs(v-want) > 1e-10 || math.Abs(se-wantSE) > 1e-10 {
		t.Errorf("%v ± %v, want %v ± %v", v, se, want, wantSE)
	}
}
