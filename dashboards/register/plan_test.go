package register

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// past is a dial of n units over months: a level of its own each, a month that all
// share, and noise of sd.
func past(n, months int, sd float64, seed uint64) []UnitHistory {
	random := rand.New(rand.NewPCG(seed, 1))
	shared := make([]float64, months)
	for t := range shared {
		shared[t] = 20 * random.NormFloat64()
	}
	units := make([]UnitHistory, n)
	for i := range units {
		level := 100 + 15*random.NormFloat64()
		units[i] = UnitHistory{ID: fmt.Sprintf("u%03d", i), Size: 5 + float64(i%7), Values: make([]float64, months)}
		for t := range units[i].Values {
			units[i].Values[t] = level + shared[t] + sd*random.NormFloat64()
		}
	}
	return units
}

func ask(units []UnitHistory) PlanAsk {
	return PlanAsk{Units: units, Effect: 3, Waves: 1, Share: 0.5, Months: []int{3, 6, 12}, Power: 0.8, Alpha: 0.05, Seed: "s"}
}

// The smallest effect is that of theory: with independent noise the mean of r months
// less the part of the mean before that tells of the unit.
func TestPlanTest(t *testing.T) {
	units := past(60, 36, 6, 3)
	plan, err := PlanTest(ask(units))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.Cells {
		// McKenzie's factor with a correlation across months of 15²/(15² + 6²)
		rho, r, m := 225.0/261, float64(c.Months), 12.0
		factor := (1+(r-1)*rho)/r - m*rho*rho/(1+(m-1)*rho)
		want := 2.84 * math.Sqrt(261*factor*4/float64(c.Units))
		if ratio := c.MDE / want; ratio < 0.75 || ratio > 1.35 {
			t.Errorf("%d units, %d months: MDE %.2f, theory %.2f", c.Units, c.Months, c.MDE, want)
		}
	}
	if plan.Months == 0 || plan.MDE > 3 {
		t.Errorf("recommended: %+v", plan)
	}
	again, _ := PlanTest(ask(units))
	if !slices.Equal(plan.Cells, again.Cells) {
		t.Error("the same plan differs")
	}
	small := ask(units)
	small.Effect = 0.01
	if plan, err = PlanTest(small); err != nil || plan.Months != 0 || !(plan.MDE > 1) {
		t.Errorf("nothing finds 0.01: %+v, %v", plan, err)
	}
}

func TestPlanRelative(t *testing.T) {
	units := past(40, 30, 6, 4)
	a := ask(units)
	a.Relative, a.Effect, a.Waves, a.Gap = true, 0.08, 4, 3
	plan, err := PlanTest(a)
	if err != nil || plan.Months == 0 || plan.MDE > 0.08 {
		t.Errorf("%+v, %v", plan, err)
	}
}

func TestPlanRefuses(t *testing.T) {
	for name, change := range map[string]func(*PlanAsk){
		"3 units":        func(a *PlanAsk) { a.Units = a.Units[:3] },
		"5 months":       func(a *PlanAsk) { a.Units = past(8, 5, 1, 1) },
		"ragged":         func(a *PlanAsk) { a.Units[2].Values = a.Units[2].Values[1:] },
		"not a number":   func(a *PlanAsk) { a.Units[2].Values[3] = math.NaN() },
		"no effect":      func(a *PlanAsk) { a.Effect = 0 },
		"all get it":     func(a *PlanAsk) { a.Share = 1 },
		"too many waves": func(a *PlanAsk) { a.Waves = 5 },
		"no gap":         func(a *PlanAsk) { a.Waves = 2 },
		"no months":      func(a *PlanAsk) { a.Months = nil },
	} {
		a := ask(past(8, 24, 5, 1))
		change(&a)
		if _, err := PlanTest(a); err == nil {
			t.Errorf("%s: planned", name)
		}
		if _, err := Assign(a); err == nil && name != "no months" {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestAssign(t *testing.T) {
	units := past(61, 24, 6, 5)
	a := ask(units)
	first, err := Assign(a)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(first.Wave, 1); n < 29 || n > 32 || !first.IsEven {
		t.Errorf("%d of 61 get it, even %v after %d", n, first.IsEven, first.Tries)
	}
	for _, b := range first.Balance {
		if math.Abs(b.Difference) > maxImbalance {
			t.Errorf("%s: %.2f", b.Trait, b.Difference)
		}
	}
	reversed := slices.Clone(units)
	slices.Reverse(reversed)
	a.Units = reversed
	second, _ := Assign(a)
	slices.Reverse(second.Wave)
	if !slices.Equal(first.Wave, second.Wave) {
		t.Error("the order of the units changes the draw")
	}
	a.Waves, a.Gap = 4, 3
	waves, _ := Assign(a)
	for w := 1; w <= 4; w++ {
		if n := count(waves.Wave, w); n < 14 || n > 16 {
			t.Errorf("wave %d has %d units", w, n)
		}
	}
	a.Waves, a.Share = 1, 0.2
	fifth, _ := Assign(a)
	if n := count(fifth.Wave, 1); n < 11 || n > 13 {
		t.Errorf("a fifth is %d of 61", n)
	}
}

// Every unit is as likely to get it as any other, whatever its level.
func TestAssignIsFair(t *testing.T) {
	units := past(24, 24, 6, 6)
	a := ask(units)
	got := make([]int, len(units))
	const draws = 2000
	for k := range draws {
		a.Seed = fmt.Sprint(k)
		d, err := Assign(a)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range d.Wave {
			got[i] += w
		}
	}
	for i, n := range got {
		if share := float64(n) / draws; math.Abs(share-0.5) > 0.06 { // over five standard errors
			t.Errorf("unit %d gets it in %.3f of the draws", i, share)
		}
	}
}

func count(v []int, x int) (n int) {
	for _, y := range v {
		if y == x {
			n++
		}
	}
	return n
}
