package impact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestDRDIDCrossSim are the cases of sim_rc, which the R package DRDID prints.
func TestDRDIDCrossSim(t *testing.T) {
	f, cases := sharedFrame(t, "sim_rc"), publishedCases(t, "sim_rc")
	names := []string{"x1", "x2", "x3", "x4"}
	y, post, d, x := numbersOf(t, f, "y"), numbersOf(t, f, "post"), numbersOf(t, f, "d"), columnsOf(t, f, names)
	for id, o := range map[string]DRDIDOptions{
		"drdid_imp":     {Method: MethodDRImproved, X: x, Names: names},
		"drdid_trad":    {Method: MethodDR, X: x, Names: names},
		"ipw":           {Method: MethodIPW, X: x, Names: names},
		"or":            {Method: MethodReg, X: x, Names: names},
		"unconditional": {Method: MethodDR},
	} {
		t.Run(id, func(t *testing.T) {
			got, err := DRDIDCross(y, post, d, o)
			if err != nil {
				t.Fatal(err)
			}
			cases[id].effect(t, got.Effect)
		})
	}
}

// TestDRDIDPanelMpdta: a group-time effect of Callaway & Sant'Anna is this estimator
// on two periods of one cohort and the never-treated.
func TestDRDIDPanelMpdta(t *testing.T) {
	f, cases := sharedFrame(t, "mpdta"), publishedCases(t, "mpdta")
	first, year := numbersOf(t, f, "first.treat"), numbersOf(t, f, "year")
	y, size := numbersOf(t, f, "lemp"), numbersOf(t, f, "lpop")
	county, _ := f.Key("countyreal")
	for _, c := range []struct{ id, method string }{
		{"attgt_reg_never_lpop_2006_2006", MethodReg},
		{"attgt_dr_never_lpop_2006_2006", MethodDR},
		{"attgt_ipw_never_nocov_2006_2006", MethodIPW},
		{"attgt_dr_never_nocov_2006_2006", MethodDR},
	} {
		p, ok := cases[c.id]
		if !ok {
			t.Logf("no published case %s", c.id)
			continue
		}
		byUnit := map[int][3]float64{} // before, after, covariate
		group := map[int]float64{}
		for i, u := range county.Codes {
			if first[i] != 0 && first[i] != 2006 || year[i] != 2005 && year[i] != 2006 {
				continue
			}
			v := byUnit[u]
			if year[i] == 2005 {
				v[0] = y[i]
			} else {
				v[1] = y[i]
			}
			v[2] = size[i]
			byUnit[u], group[u] = v, first[i]
		}
		var change, treated, x []float64
		for u := range county.Levels() {
			if v, ok := byUnit[u]; ok {
				change, x = append(change, v[1]-v[0]), append(x, v[2])
				treated = append(treated, map[bool]float64{true: 1}[group[u] == 2006])
			}
		}
		o := DRDIDOptions{Method: c.method, X: [][]float64{x}, Names: []string{"lpop"}}
		if strings.Contains(c.id, "nocov") {
			o.X, o.Names = nil, nil
		}
		got, err := DRDID(change, treated, o)
		if err != nil {
			t.Fatal(err)
		}
		p.effect(t, got.Effect)
	}
}

// Without covariates every method is the difference of mean changes, with the
// error of two means (factor 1/n).
func TestDRDIDPlain(t *testing.T) {
	change := []float64{1, 2, 4, 3, 0, 5, 7, 6}
	treated := []float64{0, 0, 0, 0, 0, 1, 1, 1}
	for _, method := range []string{MethodDR, MethodDRImproved, MethodIPW, MethodReg} {
		got, err := DRDID(change, treated, DRDIDOptions{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		// means 6 and 2, variances (1/n) 2/3 and 2
		if want := math.Sqrt(2.0/3/3 + 2.0/5); math.Abs(got.Effect.Value-4) > 1e-9 || math.Abs(got.Effect.StdErr-want) > 1e-9 {
			t.Errorf("%s: %v, want 4 ± %g", method, got.Effect, want)
		}
		post := append(make([]float64, 8), 1, 1, 1, 1, 1, 1, 1, 1)
		cross, err := DRDIDCross(append(make([]float64, 8), change...), post, append(treated, treated...), DRDIDOptions{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(cross.Effect.Value-4) > 1e-9 {
			t.Errorf("%s: %v in cross-sections, want 4", method, cross.Effect)
		}
	}
}

func TestDRDIDInvariance(t *testing.T) {
	y, d, x := randomGroups(200, 21)
	names := []string{"a", "b", "c"}
	order := rand.New(rand.NewPCG(3, 1)).Perm(len(y))
	post := make([]float64, len(y))
	for i := range post {
		post[i] = float64(i % 2)
	}
	for _, method := range []string{MethodDR, MethodDRImproved, MethodIPW, MethodReg} {
		moved := make([][]float64, 3)
		for j := range x {
			moved[j] = pick(x[j], order)
			for i := range moved[j] {
				moved[j][i] = moved[j][i]*50 + 1000
			}
		}
		y2 := pick(y, order)
		for i := range y2 {
			y2[i] = 3*y2[i] + 100
		}
		o, p := DRDIDOptions{Method: method, X: x, Names: names}, DRDIDOptions{Method: method, X: moved, Names: names}
		a, err := DRDID(y, d, o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := DRDID(y2, pick(d, order), p)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(b.Effect.Value/3-a.Effect.Value) > 1e-8 || math.Abs(b.Effect.StdErr/3-a.Effect.StdErr) > 1e-8 {
			t.Errorf("%s: %v became %v", method, a.Effect, b.Effect)
		}
		a, err = DRDIDCross(y, post, d, o)
		if err != nil {
			t.Fatal(err)
		}
		b, err = DRDIDCross(y2, pick(post, order), pick(d, order), p)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(b.Effect.Value/3-a.Effect.Value) > 1e-7 || math.Abs(b.Effect.StdErr/3-a.Effect.StdErr) > 1e-7 {
			t.Errorf("%s in cross-sections: %v became %v", method, a.Effect, b.Effect)
		}
	}
}

func TestDRDIDRefuses(t *testing.T) {
	y, d, x := randomGroups(60, 5)
	post := make([]float64, len(y))
	var separated *SeparationError
	if _, err := DRDID(y, d, DRDIDOptions{X: [][]float64{d}, Names: []string{"flag"}}); !errors.As(err, &separated) {
		t.Errorf("separation: %v", err)
	}
	if _, err := DRDIDCross(y, post, d, DRDIDOptions{}); !errors.Is(err, ErrNoComparison) {
		t.Errorf("no row after: %v", err)
	}
	if _, err := DRDID(y, d, DRDIDOptions{Method: "triple"}); err == nil {
		t.Error("an unknown method was accepted")
	}
	if _, err := DRDID(y, d, DRDIDOptions{Clusters: make([]int, len(y))}); !errors.Is(err, ErrOneCluster) {
		t.Errorf("one cluster: %v", err)
	}
	// The treated's mean lies outside what the untreated reach: no tilting balances it.
	far := make([]float64, len(y))
	for i := range far {
		far[i] = x[0][i] + 0.2*d[i]
		if d[i] == 1 && i%5 == 0 {
			far[i] = 40
		}
	}
	if got, err := DRDID(y, d, DRDIDOptions{Method: MethodDRImproved, X: [][]float64{far}, Names: []string{"far"}}); !errors.Is(err, ErrNoComparison) {
		t.Errorf("no balance: %v, %v", got, err)
	}
}

// 95 % intervals cover the true effect of 1 where levels and trends depend on
// covariates.
func TestDRDIDCoverage(t *testing.T) {
	n := simulations(300)
	names := []string{"a", "b", "c"}
	for _, method := range []string{MethodDR, MethodDRImproved, MethodIPW, MethodReg} {
		covered := 0
		for run := range n {
			y, d, x := randomGroups(400, 5000+run)
			got, err := DRDID(y, d, DRDIDOptions{Method: method, X: x, Names: names})
			if err != nil {
				t.Fatal(err)
			}
			if got.Effect.Lo <= 1 && 1 <= got.Effect.Hi {
				covered++
			}
		}
		within(t, method+" coverage", covered, n, 0.93, 0.97)
	}
}

func ExampleDRDID() {
	change := []float64{1, 2, 4, 3, 0, 5, 7, 6}
	trained := []float64{0, 0, 0, 0, 0, 1, 1, 1}
	tenure := []float64{2, 3, 5, 4, 1, 3, 5, 4}
	d, err := DRDID(change, trained, DRDIDOptions{Method: MethodReg, X: [][]float64{tenure}, Names: []string{"tenure"}})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.2f\n", d.Effect.Value)
	// Output: +3.00
}
