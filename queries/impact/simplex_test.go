package impact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestSimplexLeastSquares(t *testing.T) {
	for _, c := range []struct {
		name  string
		a     [][]float64
		b     []float64
		ridge float64
		want  []float64
	}{
		{"inside", [][]float64{{0, 0}, {4, 0}, {0, 4}}, []float64{1, 2}, 0, []float64{0.25, 0.25, 0.5}},
		{"on an edge", [][]float64{{0, 0}, {4, 0}, {0, 4}}, []float64{3, 3}, 0, []float64{0, 0.5, 0.5}},
		{"at a corner", [][]float64{{0, 0}, {4, 0}, {0, 4}}, []float64{-3, -1}, 0, []float64{1, 0, 0}},
		{"one column", [][]float64{{7, 1}}, []float64{0, 0}, 0, []float64{1}},
		// Two equal columns share their weight.
		{"equal columns", [][]float64{{2, 1}, {2, 1}, {0, 5}}, []float64{2, 1}, 0, []float64{0.5, 0.5, 0}},
		// min (4w)² + (4−4w)² … with a ridge of 16: w = ½ by symmetry.
		{"ridge", [][]float64{{4, 0}, {0, 4}}, []float64{4, 0}, 1e9, []float64{0.5, 0.5}},
	} {
		got, err := SimplexLeastSquares(c.a, c.b, c.ridge)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-6 {
				t.Errorf("%s: %.7f, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

// No feasible direction improves the solution: the gradient of used columns is equal
// and that of the others not smaller.
func TestSimplexOptimality(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	for _, size := range [][2]int{{5, 3}, {40, 20}, {15, 60}, {120, 30}} {
		a := make([][]float64, size[0])
		for i := range a {
			a[i] = make([]float64, size[1])
			for k := range a[i] {
				a[i][k] = 100 + 10*r.NormFloat64()
			}
		}
		b := make([]float64, size[1])
		for k := range b {
			b[k] = 100 + 3*r.NormFloat64()
		}
		const ridge = 0.5
		w, err := SimplexLeastSquares(a, b, ridge)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(sum(w)-1) > 1e-12 {
			t.Errorf("%v: weights sum to %g", size, sum(w))
		}
		g := gradientOf(a, difference(multiply(a, w, size[1]), b))
		least, common := math.Inf(1), 0.0
		for i := range g {
			g[i] += ridge * w[i]
			common += w[i] * g[i]
			least = min(least, g[i])
			if w[i] < 0 {
				t.Errorf("%v: weight %g", size, w[i])
			}
		}
		if least < common-1e-3 {
			t.Errorf("%v: gradient %g below the common %g", size, least, common)
		}
	}
}

func TestSimplexRefuses(t *testing.T) {
	if _, err := SimplexLeastSquares(nil, []float64{1}, 0); !errors.Is(err, ErrTooFew) {
		t.Errorf("no columns: %v", err)
	}
	if _, err := SimplexLeastSquares([][]float64{{1, math.NaN()}}, []float64{1, 2}, 0); !errors.Is(err, ErrNotFinite) {
		t.Errorf("NaN: %v", err)
	}
	if _, err := SimplexLeastSquares([][]float64{{1}}, []float64{1, 2}, 0); err == nil {
		t.Error("a short column was accepted")
	}
	if _, err := SimplexLeastSquares([][]float64{{0, 0}, {0, 0}}, []float64{1, 2}, 0); err == nil {
		t.Error("columns of zeros were accepted")
	}
}

func ExampleSimplexLeastSquares() {
	donors := [][]float64{{10, 12, 14}, {20, 21, 20}, {5, 9, 30}}
	w, err := SimplexLeastSquares(donors, []float64{13, 14.7, 15.8}, 0)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", w)
	// Output: [0.70 0.30 0.00]
}
