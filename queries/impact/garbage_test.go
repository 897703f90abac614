package impact

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"testing"
)

// garbage is a small table with the mistakes of real files: missing and infinite
// values, ties, constants, duplicates, gaps, a treatment that comes and goes.
func garbage(random *rand.Rand) *Frame {
	n := 2 + random.IntN(40)
	number := func(kind int) []float64 {
		x := make([]float64, n)
		for i := range x {
			switch kind {
			case 0:
				x[i] = random.NormFloat64()
			case 1:
				x[i] = float64(random.IntN(2))
			case 2:
				x[i] = float64(random.IntN(5))
			case 3:
				x[i] = 1
			case 4:
				x[i] = 1e12 + random.NormFloat64()
			default:
				x[i] = 1e-9 * random.NormFloat64()
			}
			switch random.IntN(60) {
			case 0:
				x[i] = math.NaN()
			case 1:
				x[i] = math.Inf(1 - 2*random.IntN(2))
			}
		}
		return x
	}
	unit, time, row := make([]string, n), make([]string, n), make([]string, n)
	periods := 1 + random.IntN(6)
	treated, first := make([]float64, n), make([]float64, n)
	orderly := random.IntN(3) > 0
	for i := range n {
		u, t := i/periods, i%periods
		if !orderly {
			u, t = random.IntN(6), random.IntN(periods)
		}
		row[i] = fmt.Sprint(i)
		unit[i], time[i] = fmt.Sprint("u", u), fmt.Sprint(2000+t)
		if u%2 == 0 && t >= periods/2 {
			treated[i] = 1
		}
		if u%2 == 0 {
			first[i] = float64(2000 + periods/2 + u%3)
		}
	}
	if random.IntN(4) == 0 {
		treated = number(1)
	}
	f, err := NewFrame(
		Column{Name: "unit", Text: unit}, Column{Name: "t", Text: time}, Column{Name: "d", Numbers: treated}, Column{Name: "first", Numbers: first},
		Column{Name: "y", Numbers: number(random.IntN(6))}, Column{Name: "post", Numbers: number(1)}, Column{Name: "x", Numbers: number(random.IntN(6))},
		Column{Name: "z", Numbers: number(random.IntN(3))}, Column{Name: "w", Numbers: number(1 + random.IntN(2))}, Column{Name: "g", Numbers: number(2)},
		Column{Name: "row", Text: row},
	)
	if err != nil {
		panic(err)
	}
	return f
}

// safely is Run with a panic as a failure.
func safely(t *testing.T, s Spec, f *Frame) (r *Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s panics: %v\n%s", s.Design, p, debug.Stack())
			err = ErrTooFew
		}
	}()
	return Run(s, f)
}

// Whatever the input, a design gives a finite estimate or an error: no panic, no NaN,
// and JSON that can be written.
func TestGarbage(t *testing.T) {
	random := rand.New(rand.NewPCG(99, 1))
	ran := map[string]int{}
	for round := range simulations(150) {
		f := garbage(random)
		for _, design := range Designs() {
			s := Spec{Design: design, Outcome: "y", Draws: 9}
			maybe := func(to *string, value string, odds int) {
				if random.IntN(odds) > 0 {
					*to = value
				}
			}
			maybe(&s.Unit, "unit", 4)
			maybe(&s.Time, "t", 4)
			maybe(&s.Treated, "d", 5)
			if random.IntN(3) == 0 {
				s.FirstTreated = "first"
			}
			if random.IntN(3) == 0 {
				s.Post = "post"
			}
			if random.IntN(3) == 0 {
				s.At = "2002"
			}
			if random.IntN(3) == 0 {
				s.Covariates = []string{"x"}
			}
			if random.IntN(6) == 0 {
				s.Covariates = []string{"x", "z"}
			}
			if random.IntN(5) == 0 {
				s.Weights = "w"
			}
			if random.IntN(6) == 0 {
				s.Instrument = "z"
			}
			if random.IntN(4) == 0 {
				s.Cluster = []string{"g"}
			}
			if random.IntN(8) == 0 {
				s.Expand = true
			}
			ses := []string{"", "", "", "classical", "hc1", "hc3", "cluster", "cr2", "cr3", "newey-west", "driscoll-kraay", "wild-cluster", "bootstrap", "jackknife", "placebo", "analytic"}
			s.SE = ses[random.IntN(len(ses))]
			if design == "its" && random.IntN(2) == 0 {
				s.Unit, s.Time, s.At, s.Post = "", "row", fmt.Sprint(random.IntN(30)), ""
			}
			if random.IntN(10) == 0 {
				s.Family = "quasi-poisson"
			}
			if random.IntN(10) == 0 {
				s.Season = "quarter"
			}
			r, err := safely(t, s, f)
			if err != nil {
				if err.Error() == "" {
					t.Errorf("round %d, %+v: an error without words", round, s)
				}
				continue
			}
			ran[design]++
			if r.Effect != nil && (math.IsNaN(r.Effect.Value) || math.IsInf(r.Effect.Value, 0)) {
				t.Errorf("round %d, %+v: effect %v", round, s, r.Effect.Value)
			}
			if r.Effect != nil && math.IsNaN(r.Effect.StdErr) && len(r.Warnings) == 0 {
				t.Errorf("round %d, %+v: no standard error and no warning", round, s)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Errorf("round %d, %+v: %v", round, s, err)
			}
		}
	}
	t.Logf("runs that gave an estimate: %v", ran)
}

// Numbers whose squares a float cannot hold are refused by name, not tested with an
// infinite or an empty variance.
func TestUnitsOfMeasure(t *testing.T) {
	for _, size := range []float64{1e300, 1e80, 1e-80, 1e-300} {
		y, arm := make([]float64, 20), make([]float64, 20)
		for i := range y {
			y[i], arm[i] = size*float64(1+i*i%7), float64(i%2)
		}
		f, err := NewFrame(Column{Name: "y", Numbers: y}, Column{Name: "arm", Numbers: arm})
		if err != nil {
			t.Fatal(err)
		}
		_, err = Run(Spec{Design: "randomized", Outcome: "y", Treated: "arm"}, f)
		if err == nil || !strings.Contains(err.Error(), `column "y" holds numbers of a size of`) {
			t.Errorf("size %v: %v", size, err)
		}
	}
}

// With few units a date the refined variance may vanish; Neyman's does not, and is said.
func TestEfficientWithFewUnits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var unit, time, y, first []float64
	for u := range 12 {
		for p := range 20 {
			unit, time, first = append(unit, float64(u)), append(time, float64(p)), append(first, []float64{12, 14, 0}[u%3])
			y = append(y, r.NormFloat64())
		}
	}
	f, err := NewFrame(Column{Name: "u", Numbers: unit}, Column{Name: "t", Numbers: time}, Column{Name: "y", Numbers: y}, Column{Name: "g", Numbers: first})
	if err != nil {
		t.Fatal(err)
	}
	s := Spec{Design: "staggered", Outcome: "y", Unit: "u", Time: "t", FirstTreated: "g", Method: "efficient", Draws: 20}
	plain, err := Run(s, f)
	if err != nil {
		t.Fatal(err)
	}
	neyman := plain.Settings["std_error_neyman"].(float64)
	if !(plain.Effect.StdErr > 0) || plain.Effect.StdErr > neyman+1e-12 {
		t.Errorf("error %v, Neyman's %v, %v", plain.Effect.StdErr, neyman, plain.Warnings)
	}
	s.SE = "cr2"
	small, err := Run(s, f)
	if err != nil {
		t.Fatal(err)
	}
	if df := small.Effect.DF; !(small.Effect.StdErr > neyman && small.Effect.StdErr < 1.5*neyman) || !(df > 2 && df < 10) || small.Effect.Value != plain.Effect.Value {
		t.Errorf("%+v", small.Effect)
	}
	s.SE = "hc1"
	if _, err := Run(s, f); err == nil {
		t.Error("takes hc1")
	}
}
