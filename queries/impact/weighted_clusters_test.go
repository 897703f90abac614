package impact

import (
	"math"
	"testing"
)

// CR2 under weights as R's clubSandwich 0.5.8 (vcovCR of lm, type CR2, Satterthwaite) and
// estimatr (lm_robust, se_type CR2) compute it, run on these rows.
func TestWeightedCR2(t *testing.T) {
	const rows, clusters = 40, 8
	y, d, x, w := make([]float64, rows), make([]float64, rows), make([]float64, rows), make([]float64, rows)
	key := Key{Name: "g", Codes: make([]int, rows), Labels: make([]string, clusters)}
	for i := range rows {
		g := (i * i) % 11 % clusters
		f := float64(i + 1)
		key.Codes[i] = g
		if g%3 == 0 {
			d[i] = 1
		}
		x[i], w[i] = math.Sin(f), 1+math.Mod(f*f, 7)/2
		y[i] = 1 + 0.5*d[i] + 0.3*x[i] + math.Cos(2.7*f) + 0.4*math.Sin(1.3*float64(g))
	}
	codes, n := codesOf(key.Codes)
	key.Codes, key.Labels = codes, make([]string, n)
	r, err := Regress(Model{Names: []string{"d", "x"}, X: [][]float64{d, x}, Y: y, Intercept: true, Weights: w}, Errors{Kind: "cr2", Cluster: []Key{key}, DoF: "stata"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		name         string
		coef, se, df float64
	}{
		{"const", 1.2546501315893, 0.22110595903771, 1.6401241851128},
		{"d", 0.11593440145481, 0.2950150708114, 1.8418172820733},
		{"x", 0.25738702181886, 0.27393652825327, 2.8081136278903},
	} {
		j := r.Index(want.name)
		e := r.Estimate(j, 0.95)
		if math.Abs(e.Value-want.coef) > 1e-9 || math.Abs(e.StdErr-want.se) > 1e-9 || math.Abs(e.DF-want.df) > 1e-7 {
			t.Errorf("%s: %.12g, %.12g, %.12g, want %v", want.name, e.Value, e.StdErr, e.DF, want)
		}
	}
}
