package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The formula, by hand: 100 people, a tenth leaves a year, 20 in training of whom three quarters
// come up: in two years (100 + 15) × 0.81 = 93.15 of 120, so 26.85 are missing.
func TestCapability(t *testing.T) {
	s := Supply{Proficient: 100, Exits: 10, PersonYears: 100, Pipeline: 20, Reached: 30, Trained: 40, Others: 60}
	p := Capability(s, 120, 24, .8)
	if math.Abs(p.Supply-93.15) > 1e-9 || math.Abs(p.Gap-26.85) > 1e-9 || p.Attrition != .1 || p.PipelineShare != .75 {
		t.Errorf("%+v", p)
	}
	if !(p.GapLow < p.Gap && p.Gap < p.GapHigh) {
		t.Errorf("the range %v to %v does not hold %v", p.GapLow, p.GapHigh, p.Gap)
	}
	// a quarter of the 40 others comes up within a year: in two 1 − 0.75² = 0.4375 of them, 17.5
	s.Inflow = .25
	if p := Capability(s, 120, 24, .8); math.Abs(p.Supply-(100+15+17.5)*.81) > 1e-9 {
		t.Errorf("with inflow %v, want %v", p.Supply, (100+15+17.5)*.81)
	}
	if p := Capability(Supply{Proficient: 50, PersonYears: 40}, 30, 12, .8); p.Gap != 0 || p.Supply != 50 || p.SupplyLow >= 50 {
		t.Errorf("enough people: %+v", p)
	}
	w := Projection{Months: 24, Required: 100, Supply: 60, SupplyLow: 58, SupplyHigh: 61}.Widened(.1)
	if math.Abs(w.SupplyLow-(60-10*math.Sqrt2)) > 1e-9 || math.Abs(w.GapLow-(40-10*math.Sqrt2)) > 1e-9 {
		t.Errorf("widened: %+v", w)
	}
}

// In worlds that follow the formula, whose rates are seen through one year's counts alone, the 80 %
// range holds what comes 80 times in 100.
func TestCapabilityCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 43))
	binomial := func(n int, p float64) (k int) {
		for range n {
			if rng.Float64() < p {
				k++
			}
		}
		return k
	}
	const worlds = 4000
	inside := 0
	for range worlds {
		n, leave, up := 30+rng.IntN(300), .05+.25*rng.Float64(), .2+.6*rng.Float64()
		s := Supply{Proficient: float64(n), Pipeline: float64(5 + rng.IntN(40)), Trained: float64(20 + rng.IntN(80)), PersonYears: float64(60 + rng.IntN(400))}
		s.Exits, s.Reached = float64(binomial(int(s.PersonYears), leave)), float64(binomial(int(s.Trained), up))
		months := []float64{6, 12, 24}[rng.IntN(3)]
		p := Capability(s, 1000, months, .8)
		actual := float64(binomial(n+binomial(int(s.Pipeline), up), math.Pow(1-leave, months/12)))
		if actual >= p.SupplyLow-1e-9 && actual <= p.SupplyHigh+1e-9 {
			inside++
		}
	}
	if c := float64(inside) / worlds; c < .77 || c > .86 {
		t.Errorf("the range holds %v of the outcomes, want about 0.8", c)
	}
}

// Where people come up whom no course explains, history teaches it: the projection made with what was
// known then is right on average, and the range from its errors holds 80 in 100.
func TestLearn(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 43))
	var past []SupplyPast
	covered, bias, inflow, n := 0.0, 0.0, 0.0, 0
	for range 200 {
		past = past[:0]
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			for origin := 0; origin <= 24; origin += 3 {
				s := Supply{Proficient: 200, Exits: 40, PersonYears: 250, Others: 100}
				past = append(past, SupplyPast{Name: name, Origin: origin, Supply: s, Required: 300, Actual: (200+100*.4)*.84 + 12*rng.NormFloat64()})
			}
		}
		e := Learn(past, .8)
		if e.N != 8*5 { // the first year teaches, the origins from month 12 on are tested
			t.Fatalf("%d projections were tested, want 40", e.N)
		}
		covered, bias, n = covered+e.Coverage, bias+e.Bias, n+1
		r, _ := e.Inflow("a", 36)
		inflow += r
	}
	if c := covered / float64(n); c < .76 || c > .86 {
		t.Errorf("ranges held %v, want about 0.8", c)
	}
	if r := inflow / float64(n); math.Abs(r-.4) > .01 {
		t.Errorf("the inflow is %v, want about 0.4", r)
	}
	if math.Abs(bias/float64(n)) > .005 {
		t.Errorf("the bias is %v of those required", bias/float64(n))
	}
	if e := Learn(past[:1], .8); e.N != 0 || e.Half != 0 {
		t.Errorf("without history: %+v", e)
	}
}
