package impact

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

// medicaid is the event study of health insurance on Medicaid expansion in 2014: five
// coefficients before, two after, clustered by state (43 states, 2008–2015; American
// Community Survey, as in the README of R's HonestDiD), variances times 1e6.
func medicaid() EventPath {
	upper := []float64{
		74.8848, 60.3988, 44.4462, 33.8577, 43.2801, 47.6588, 24.2513,
		72.665, 37.8933, 28.6658, 45.4332, 44.2885, 28.2466,
		50.5205, 26.7368, 27.7819, 30.6065, 9.63755,
		40.0322, 24.1286, 23.8087, 2.9239,
		54.6267, 36.8254, 9.72298,
		83.7567, 63.214,
		107.124,
	}
	v := mat.NewSymDense(7, nil)
	at := 0
	for i := range 7 {
		for j := i; j < 7; j++ {
			v.SetSym(i, j, upper[at]*1e-6)
			at++
		}
	}
	return EventPath{
		Beta: []float64{-0.005285342, -0.011297318, -0.002675976, -0.001419312, 0.000339677, 0.046446865, 0.069206180},
		V:    v, Pre: 5, Post: 2,
	}
}

// The intervals printed by HonestDiD 0.2 (README of asheshrambachan/HonestDiD), to
// their three digits; the relative magnitudes on a grid whose step is 0.0004.
func TestHonest(t *testing.T) {
	p := medicaid()
	for _, tt := range []struct{ m, lo, hi float64 }{
		{0, 0.0259, 0.0607},
		{0.01, 0.0132, 0.0787},
		{0.02, 0.00286, 0.0907},
		{0.03, -0.00714, 0.101},
		{0.04, -0.0171, 0.111},
		{0.05, -0.0271, 0.121},
	} {
		lo, hi, err := HonestSD(p, tt.m, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(lo-tt.lo) > 0.0003 || math.Abs(hi-tt.hi) > 0.0006 {
			t.Errorf("smoothness %v: [%.5f, %.5f], want [%v, %v]", tt.m, lo, hi, tt.lo, tt.hi)
		}
	}
	for _, tt := range []struct{ m, lo, hi float64 }{
		{0.5, 0.0240, 0.0672}, {1, 0.0170, 0.0720}, {1.5, 0.00824, 0.0797}, {2, -0.000916, 0.0881},
	} {
		lo, hi, err := HonestRM(p, tt.m, 0.95, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(lo-tt.lo) > 0.0005 || math.Abs(hi-tt.hi) > 0.0005 {
			t.Errorf("relative magnitude %v: [%.5f, %.5f], want [%v, %v]", tt.m, lo, hi, tt.lo, tt.hi)
		}
	}
}

// The breakdown value is where the interval reaches 0.
func TestBreakdown(t *testing.T) {
	p := medicaid()
	m, err := BreakdownSD(p, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	if lo, _, _ := HonestSD(p, m, 0.95); math.Abs(lo) > 1e-5 {
		t.Errorf("at the breakdown %v the interval starts at %v", m, lo)
	}
	rm, err := BreakdownRM(p, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	if rm < 1.8 || rm > 2 {
		t.Errorf("relative breakdown %v, want a little below 2", rm)
	}
	for i := range p.Beta {
		p.Beta[i] = 0
	}
	if m, _ := BreakdownSD(p, 0.95); m != 0 {
		t.Errorf("no effect breaks down at %v, want 0", m)
	}
}

// Units of the outcome scale the interval; one period after needs no nuisance.
func TestHonestInvariance(t *testing.T) {
	p := medicaid()
	q := medicaid()
	for i := range q.Beta {
		q.Beta[i] *= 10
	}
	q.V.ScaleSym(100, q.V)
	lo, hi, _ := HonestSD(p, 0.01, 0.95)
	lo10, hi10, _ := HonestSD(q, 0.1, 0.95)
	if !alike(lo10, 10*lo, 1e-5) || !alike(hi10, 10*hi, 1e-5) {
		t.Errorf("[%v, %v] × 10 became [%v, %v]", lo, hi, lo10, hi10)
	}
	lo, hi, _ = HonestRM(p, 1, 0.95, 1)
	lo10, hi10, _ = HonestRM(q, 1, 0.95, 1)
	if !alike(lo10, 10*lo, 1e-8) || !alike(hi10, 10*hi, 1e-8) {
		t.Errorf("[%v, %v] × 10 became [%v, %v]", lo, hi, lo10, hi10)
	}
	one := EventPath{Beta: p.Beta[:6], V: leading(p.V, 6), Pre: 5, Post: 1}
	lo, hi, err := HonestRM(one, 0, 0.95, 1)
	if err != nil || lo > 0.0464 || hi < 0.0464 || hi-lo > 0.08 {
		t.Errorf("parallel trends: [%v, %v], %v", lo, hi, err)
	}
}

// The command's checks hold the intervals.
func TestSensitivity(t *testing.T) {
	f := smallPanel(3, 30, 5, 3)
	for design, asks := range map[string][]string{
		"event-study": {"honest-sd:0.1", "honest-rm:0.5"},
		"staggered":   {"honest-sd:0.1", "honest-sd:0.1:average"},
		"did":         {"honest-sd:0", "honest-sd:0.1"},
	} {
		s := Spec{Design: design, Outcome: "y", Unit: "unit", Time: "t", Treated: "d", Sensitivity: asks}
		found := 0
		for _, c := range mustRun(t, s, f).Checks {
			if c.Name == "sensitivity-honest-rm" || c.Name == "sensitivity-honest-sd" {
				found++
				if !(c.Lo < 2 && 2 < c.Hi) {
					t.Errorf("%s: %s [%v, %v] leaves out 2", design, c.Name, c.Lo, c.Hi)
				}
			}
		}
		if found != 2 {
			t.Errorf("%s: %d sensitivity checks, want 2", design, found)
		}
	}
	if _, err := Run(Spec{Design: "event-study", Outcome: "y", Unit: "unit", Time: "t", Treated: "d", Sensitivity: []string{"honest"}}, f); err == nil {
		t.Error("no error for a sensitivity without a bound")
	}
}

// With one nuisance effect the vertices are listed; they are those of the simplex.
func TestPairsAreTheSimplex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + r.IntN(6)
		c := &cone{x: [][]float64{make([]float64, n)}}
		y := make([]float64, n)
		for i := range n {
			c.sd = append(c.sd, 0.1+r.Float64())
			c.x[0][i] = float64(r.IntN(5)-2) / 2
			y[i] = r.NormFloat64()
		}
		eta, lambda, ok := c.dual(y)
		a := mat.NewDense(2, n, nil)
		a.SetRow(0, c.sd)
		a.SetRow(1, c.x[0])
		cost := make([]float64, n)
		for i := range y {
			cost[i] = -y[i]
		}
		value, _, err := lp.Simplex(cost, a, []float64{1, 0}, 1e-12, nil)
		if errors.Is(err, lp.ErrSingular) || errors.Is(err, lp.ErrZeroRow) || errors.Is(err, lp.ErrZeroColumn) {
			continue // the solver wants full rank
		}
		if ok != (err == nil) || ok && math.Abs(eta+value) > 1e-9 {
			t.Fatalf("%v %v, want %v %v", eta, ok, -value, err)
		}
		if ok && (math.Abs(dot(lambda, c.sd)-1) > 1e-12 || math.Abs(dot(lambda, c.x[0])) > 1e-12 || math.Abs(dot(lambda, y)-eta) > 1e-12) {
			t.Fatalf("weights %v of %v", lambda, eta)
		}
	}
}

// How the outcome is measured changes nothing but the unit of the bounds.
func TestHonestUnits(t *testing.T) {
	base := EventPath{Beta: []float64{0.3, -0.2, 0.1, 1.4, 1.8, 2.1}, V: mat.NewSymDense(6, nil), Pre: 3, Post: 3, Which: []float64{1. / 3, 1. / 3, 1. / 3}}
	for i := range 6 {
		for j := i; j < 6; j++ {
			base.V.SetSym(i, j, 0.04/float64(1+j-i))
		}
	}
	all := func(p EventPath, unit float64) []float64 {
		t.Helper()
		lo, hi, err := HonestRM(p, 0.5, 0.95, 1)
		lo2, hi2, err2 := HonestSD(p, 0.1*unit, 0.95)
		rm, err3 := BreakdownRM(p, 0.95, 1)
		sd, err4 := BreakdownSD(p, 0.95)
		if err = errors.Join(err, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		return []float64{lo / unit, hi / unit, lo2 / unit, hi2 / unit, rm, sd / unit}
	}
	want := all(base, 1)
	for _, unit := range []float64{1e-6, 1e6} {
		p := EventPath{V: mat.NewSymDense(6, nil), Pre: 3, Post: 3, Which: base.Which}
		for i, b := range base.Beta {
			p.Beta = append(p.Beta, unit*b)
			for j := i; j < 6; j++ {
				p.V.SetSym(i, j, unit*unit*base.V.At(i, j))
			}
		}
		for k, got := range all(p, unit) {
			if math.Abs(got-want[k]) > 1e-6*(1+math.Abs(want[k])) {
				t.Errorf("in units of %g: bound %d is %v, was %v", unit, k, got, want[k])
			}
		}
	}
}
