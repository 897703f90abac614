package impact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Eight clusters, two treated, by hand: of 28 assignments the observed pair has the
// largest difference, and no other pair's is as far from 0.
func TestPermutationSmall(t *testing.T) {
	values := []float64{9, 8, 1, 2, 1, 3, 2, 1}
	treated := []float64{1, 1, 0, 0, 0, 0, 0, 0}
	got, err := PermutationTest(values, treated, 0.9, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Exact || got.Assignments != 28 || math.Abs(got.P-1.0/28) > 1e-12 {
		t.Errorf("got %+v, want p = 1/28 of 28", got)
	}
	if math.Abs(got.Effect-(8.5-10.0/6)) > 1e-12 {
		t.Errorf("effect = %g", got.Effect)
	}
	// The bounds are where the p-value of y − τ·treated crosses 1 − level.
	for _, c := range []struct {
		tau  float64
		kept bool
	}{{got.Lo + 1e-6, true}, {got.Lo - 1e-6, false}, {got.Hi - 1e-6, true}, {got.Hi + 1e-6, false}} {
		shifted := make([]float64, len(values))
		for i := range values {
			shifted[i] = values[i] - c.tau*treated[i]
		}
		p, err := PermutationTest(shifted, treated, 0.9, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if (p.P > 0.1) != c.kept {
			t.Errorf("p of an effect of %g is %g; kept %v", c.tau, p.P, c.kept)
		}
	}
	one, err := PermutationTest(values[:5], []float64{1, 0, 0, 0, 0}, 0.95, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsInf(one.Lo, -1) || !math.IsInf(one.Hi, 1) || one.P < 0.2 {
		t.Errorf("five units cannot reject at 5 %%: got %+v", one)
	}
}

// Draws agree with enumeration, and do not depend on anything but the seed.
func TestPermutationDraws(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 24
	values, treated := make([]float64, n), make([]float64, n)
	for i := range n {
		values[i] = r.NormFloat64()
		if i < 10 {
			treated[i], values[i] = 1, values[i]+0.7
		}
	}
	a, err := PermutationTest(values, treated, 0.95, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := PermutationTest(values, treated, 0.95, 0, 7)
	if a != b || a.Exact || a.Assignments != 10000 {
		t.Errorf("got %+v and %+v", a, b)
	}
	if a.Lo > a.Effect || a.Hi < a.Effect {
		t.Errorf("the interval [%g, %g] misses %g", a.Lo, a.Hi, a.Effect)
	}
}

// The test keeps its size with two treated clusters of ten, and its interval covers.
func TestPermutationCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	runs := simulations(400)
	rejected, covered := 0, 0
	for range runs {
		values, treated := make([]float64, 10), make([]float64, 10)
		for i := range values {
			values[i] = r.ExpFloat64()
			if i < 2 {
				treated[i], values[i] = 1, values[i]+1
			}
		}
		p, err := PermutationTest(values, treated, 0.9, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if p.Lo <= 1 && 1 <= p.Hi {
			covered++
		}
		for i := range 2 {
			values[i]--
		}
		if p, _ = PermutationTest(values, treated, 0.9, 0, 1); p.P <= 0.1 {
			rejected++
		}
	}
	within(t, "share rejected", rejected, runs, 0.04, 0.1)
	within(t, "coverage", covered, runs, 0.9, 0.96)
}

func TestPermutationRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		y, d   []float64
		wanted error
	}{
		{"nobody treated", []float64{1, 2, 3}, []float64{0, 0, 0}, ErrNoComparison},
		{"everybody treated", []float64{1, 2, 3}, []float64{1, 1, 1}, ErrNoComparison},
		{"two units", []float64{1, 2}, []float64{1, 0}, ErrTooFew},
		{"infinite", []float64{1, 2, math.Inf(1)}, []float64{1, 0, 0}, ErrNotFinite},
		{"constant", []float64{1, 1, 1}, []float64{1, 0, 0}, ErrConstant},
	} {
		if _, err := PermutationTest(c.y, c.d, 0.95, 0, 1); !errors.Is(err, c.wanted) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.wanted)
		}
	}
	if _, err := SignFlipTest([]float64{0, 0}, 0, 1); !errors.Is(err, ErrConstant) {
		t.Errorf("zeros: got %v", err)
	}
	if _, err := SignFlipTest([]float64{1}, 0, 1); !errors.Is(err, ErrTooFew) {
		t.Errorf("one difference: got %v", err)
	}
}

func ExamplePermutationTest() {
	change := []float64{9, 8, 1, 2, 1, 3, 2, 1} // of eight plants, two of which were trained
	trained := []float64{1, 1, 0, 0, 0, 0, 0, 0}
	p, err := PermutationTest(change, trained, 0.9, 0, 1)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.1f, p = %.3f of %d assignments, from %.1f to %.1f\n", p.Effect, p.P, p.Assignments, p.Lo, p.Hi)
	// Output: +6.8, p = 0.036 of 28 assignments, from 5.5 to 8.5
}
