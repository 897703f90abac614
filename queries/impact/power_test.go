package impact

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
)

// must is the value of a call that cannot fail here.
func must(t *testing.T) func(x float64, err error) float64 {
	return func(x float64, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

// pvalues are the fifteen of Benjamini & Hochberg (1995), §3.2.
var pvalues = []float64{1e-04, 4e-04, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1}

func TestPowerCases(t *testing.T) {
	cases := publishedCases(t, "power")
	ok := must(t)
	inf := math.Inf(1)
	drug1 := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	drug2 := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	flip := ok(SignFlipTest(difference(drug1, drug2), 0, 1))
	ed, _, err := EValueDifference(0.5, 0)
	got := map[string]float64{
		"n_two_sample_d0.2": ok(TwoSampleSize(0.2, 1, 0.8, 0.05, 2)),
		"n_two_sample_d0.5": ok(TwoSampleSize(0.5, 1, 0.8, 0.05, 2)),
		"n_two_sample_d0.8": ok(TwoSampleSize(0.8, 1, 0.8, 0.05, 2)),
		"power_two_sample":  ok(TwoSamplePower(20, 20, 0.5, 1, 0.05, 2)),
		"power_n64":         ok(TwoSamplePower(64, 64, 0.5, 1, 0.05, 2)),
		"mde_n100":          ok(TwoSampleMDE(100, 100, 1, 0.8, 0.05, 2)),
		"mde_unequal":       ok(TwoSamplePower(28, 35, 0.6, 1, 0.05, 2)),
		"power_t_delta1":    ok(TwoSamplePower(20, 20, 1, 1, 0.05, 2)),
		"n_t_delta1":        ok(TwoSampleSize(1, 1, 0.9, 0.05, 2)),
		"n_t_onesided":      ok(TwoSampleSize(1, 1, 0.9, 0.05, 1)),
		"power_prop":        ok(ProportionPower(50, 0.5, 0.75, 0.05, 2)),
		"n_prop_90":         ok(ProportionSize(0.5, 0.75, 0.9, 0.05, 2)),
		"n_2p_arcsine":      ok(ArcsineSize(0.5, 0.75, 0.8, 0.05)),

		"mde_multiplier_normal":          ok(MDEMultiplier(inf, 0.8, 0.05, 2)),
		"mde_multiplier_t":               ok(MDEMultiplier(20, 0.8, 0.05, 2)),
		"mde_multiplier_t_onesided_5pct": ok(MDEMultiplier(inf, 0.8, 0.05, 1)),
		"design_effect":                  ok(DesignEffect(20, 0.05)),
		"mdes_crt":                       ok(ClusterMDE(40, 20, 0.05, 0.5, 0.8, 0.05)),
		"mckenzie_var_did_1pre1post":     ok(DiDVarianceFactor(1, 1, 0.5)),
		"mckenzie_var_ancova_1pre1post":  ok(ANCOVAVarianceFactor(1, 1, 0.5)),
		"mckenzie_var_did_m4_r4":         ok(DiDVarianceFactor(4, 4, 0.5)),
		"mckenzie_var_ancova_m4_r4":      ok(ANCOVAVarianceFactor(4, 4, 0.5)),
		"evalue_rr3.9":                   ok(EValue(3.9)),
		"evalue_ci1.8":                   ok(EValueInterval(1.8, 4)),
		"evalue_rr0.80":                  ok(EValue(0.8)),
		"evalue_d0.5":                    ok(ed, err),
		"sleep_permutation":              flip,
	}
	for id, v := range got {
		c, found := cases[id]
		if !found {
			t.Errorf("no published case %s", id)
			continue
		}
		c.check(t, "value", v, c.number(t, "value"))
	}
	for id, f := range map[string]func([]float64) ([]float64, error){
		"padjust_bonferroni": Bonferroni, "padjust_holm": Holm, "padjust_BH": BenjaminiHochberg, "padjust_BY": BenjaminiYekutieli,
	} {
		got, err := f(pvalues)
		if err != nil {
			t.Fatal(err)
		}
		c := cases[id]
		var want []float64
		if err := json.Unmarshal(c.raw["value"], &want); err != nil {
			t.Fatal(err)
		}
		rejected := 0.0
		for i := range want {
			c.check(t, fmt.Sprintf("p%d", i+1), got[i], want[i])
			if got[i] <= 0.05 {
				rejected++
			}
		}
		c.check(t, "rejected", rejected, c.number(t, "n_reject_05"))
	}
	for id := range cases {
		_, direct := got[id]
		if !direct && id[:4] != "padj" {
			t.Logf("not covered here: %s", id)
		}
	}
}

// Without noncentrality it is Student's t.
func TestNoncentralT(t *testing.T) {
	for _, df := range []float64{1, 2, 5, 30, 400} {
		for _, x := range []float64{-3, -0.5, 0.7, 2.2} {
			if got, want := noncentralCDF(x, 0, df), 1-tail(x, df); math.Abs(got-want) > 1e-7 {
				t.Errorf("df %g: P(T ≤ %g) = %.9f, want %.9f", df, x, got, want)
			}
		}
	}
}

func TestPowerRoundTrip(t *testing.T) {
	ok := must(t)
	mde := ok(TwoSampleMDE(30, 50, 2, 0.9, 0.01, 2))
	if p := ok(TwoSamplePower(30, 50, mde, 2, 0.01, 2)); math.Abs(p-0.9) > 1e-9 {
		t.Errorf("power at the smallest effect is %g, want 0.9", p)
	}
	n := ok(ProportionSize(0.1, 0.15, 0.8, 0.05, 2))
	if p := ok(ProportionPower(n, 0.1, 0.15, 0.05, 2)); math.Abs(p-0.8) > 1e-9 {
		t.Errorf("power at the size is %g, want 0.8", p)
	}
	if a, b := ok(ANCOVAVarianceFactor(3, 2, 0.4)), ok(DiDVarianceFactor(3, 2, 0.4)); a > b {
		t.Errorf("ANCOVA %g exceeds DiD %g", a, b)
	}
}

func TestPowerRefuses(t *testing.T) {
	for name, f := range map[string]func() (float64, error){
		"no sd":          func() (float64, error) { return TwoSamplePower(10, 10, 1, 0, 0.05, 2) },
		"one unit":       func() (float64, error) { return TwoSamplePower(1, 1, 1, 1, 0.05, 2) },
		"alpha":          func() (float64, error) { return TwoSamplePower(10, 10, 1, 1, 1.5, 2) },
		"sides":          func() (float64, error) { return TwoSamplePower(10, 10, 1, 1, 0.05, 3) },
		"no effect":      func() (float64, error) { return TwoSampleSize(0, 1, 0.8, 0.05, 2) },
		"power":          func() (float64, error) { return TwoSampleMDE(10, 10, 1, 1, 0.05, 2) },
		"two clusters":   func() (float64, error) { return ClusterMDE(2, 20, 0.05, 0.5, 0.8, 0.05) },
		"icc":            func() (float64, error) { return DesignEffect(20, 1.2) },
		"rounds":         func() (float64, error) { return DiDVarianceFactor(0, 4, 0.5) },
		"rho":            func() (float64, error) { return ANCOVAVarianceFactor(1, 1, 2) },
		"equal shares":   func() (float64, error) { return ProportionSize(0.5, 0.5, 0.8, 0.05, 2) },
		"risk ratio":     func() (float64, error) { return EValue(-1) },
		"interval":       func() (float64, error) { return EValueInterval(2, 1) },
		"infinite error": func() (float64, error) { return MDE(math.Inf(1), 10, 0.8, 0.05) },
	} {
		if v, err := f(); err == nil {
			t.Errorf("%s: got %g without an error", name, v)
		}
	}
	if _, err := BenjaminiHochberg([]float64{0.1, math.NaN()}); err == nil {
		t.Error("a NaN p-value was accepted")
	}
	if _, err := TwoSamplePower(1, 1, 1, 1, 0.05, 2); !errors.Is(err, ErrTooFew) {
		t.Errorf("one unit each: %v", err)
	}
}

func ExampleBenjaminiHochberg() {
	adjusted, err := BenjaminiHochberg([]float64{0.01, 0.04, 0.03, 0.5})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f\n", adjusted)
	// Output: [0.040 0.053 0.053 0.500]
}

func ExampleTwoSampleMDE() {
	smallest, err := TwoSampleMDE(40, 40, 12, 0.8, 0.05, 2)
	if err != nil {
		panic(err)
	}
	fmt.Printf("40 and 40 people find %.1f points with 80 %% power\n", smallest)
	// Output: 40 and 40 people find 7.6 points with 80 % power
}

func ExampleEValue() {
	e, err := EValue(1.5)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", e)
	// Output: 2.37
}

// Numbers that the sources print, so that they are checked everywhere.
func TestPrinted(t *testing.T) {
	ok := must(t)
	for _, c := range []struct {
		what      string
		got, want float64
		tolerance float64
	}{
		{"Cohen (1988) table 2.4.1: n for d = 0.5", math.Ceil(ok(TwoSampleSize(0.5, 1, 0.8, 0.05, 2))), 64, 0},
		{"Cohen (1988) table 2.4.1: n for d = 0.2", math.Ceil(ok(TwoSampleSize(0.2, 1, 0.8, 0.05, 2))), 394, 1},
		{"R ?power.t.test: power for n = 20, delta = 1", ok(TwoSamplePower(20, 20, 1, 1, 0.05, 2)), 0.8689528, 1e-6},
		{"R ?power.prop.test: power for n = 50, .50, .75", ok(ProportionPower(50, 0.5, 0.75, 0.05, 2)), 0.7401659, 1e-6},
		{"Bloom (1995): 2.8 standard errors", ok(MDEMultiplier(math.Inf(1), 0.8, 0.05, 2)), 2.80, 0.005},
		{"McKenzie (2012): ANCOVA at rho = 0.5", ok(ANCOVAVarianceFactor(1, 1, 0.5)), 0.75, 1e-12},
		{"VanderWeele & Ding (2017): RR 3.9", ok(EValue(3.9)), 7.26, 0.005},
		{"VanderWeele & Ding (2017): limit 1.8", ok(EValueInterval(1.8, 8.7)), 3.0, 0.005},
		{"VanderWeele & Ding (2017): RR 0.80", ok(EValue(0.8)), 1.81, 0.005},
		// Student's sleep data (Biometrika 6, 1908): 2 of 1,024 sign patterns twice.
		{"sleep", ok(SignFlipTest([]float64{-1.2, -2.4, -1.3, -1.3, 0, -1, -1.8, -0.8, -4.6, -1.4}, 0, 1)), 0.00390625, 0},
	} {
		if math.Abs(c.got-c.want) > c.tolerance {
			t.Errorf("%s = %g, printed %g", c.what, c.got, c.want)
		}
	}
	// Benjamini & Hochberg (1995) §3.2 reject four of fifteen, Bonferroni three.
	for name, c := range map[string]struct {
		f    func([]float64) ([]float64, error)
		want int
	}{"BH": {BenjaminiHochberg, 4}, "Holm": {Holm, 3}, "Bonferroni": {Bonferroni, 3}} {
		adjusted, err := c.f(pvalues)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, p := range adjusted {
			if p <= 0.05 {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s rejects %d of 15, want %d", name, n, c.want)
		}
	}
}
