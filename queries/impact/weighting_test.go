package impact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// cattaneo are the models of the cattaneo2 cases: a linear outcome model and a
// probit with other covariates.
func cattaneo(t *testing.T, f *Frame) WeightingOptions {
	t.Helper()
	o := WeightingOptions{Link: LinkProbit}
	o.OutcomeNames = []string{"prenatal1", "mmarried", "mage", "fbaby"}
	o.Outcome = columnsOf(t, f, o.OutcomeNames)
	o.PropensityNames = []string{"mmarried", "mage", "mage2", "fbaby", "medu"}
	age := numbersOf(t, f, "mage")
	o.Propensity = [][]float64{numbersOf(t, f, "mmarried"), age, squared(age), numbersOf(t, f, "fbaby"), numbersOf(t, f, "medu")}
	return o
}

func squared(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v * v
	}
	return out
}

// TestWeightingCattaneo are the cases of cattaneo2, which Stata's teffects printed.
func TestWeightingCattaneo(t *testing.T) {
	f, cases := sharedFrame(t, "cattaneo2"), publishedCases(t, "cattaneo2")
	y, d := numbersOf(t, f, "bweight"), numbersOf(t, f, "mbsmoke")
	for _, c := range []struct{ id, method, estimand string }{
		{"ra", MethodRA, ATE},
		{"ra_att", MethodRA, ATT},
		{"ipw", MethodIPW, ATE},
		{"ipw_att", MethodIPW, ATT},
		{"aipw", MethodAIPW, ATE},
		{"ipwra", MethodIPWRA, ATE},
		{"ipwra_att", MethodIPWRA, ATT},
	} {
		t.Run(c.id, func(t *testing.T) {
			o := cattaneo(t, f)
			o.Method, o.Estimand = c.method, c.estimand
			got, err := Weighting(y, d, o)
			if err != nil {
				t.Fatal(err)
			}
			p := cases[c.id]
			p.effect(t, got.Effect)
			p.check(t, "po_mean0", got.Means[0].Value, p.number(t, "po_mean0"))
			p.check(t, "po_mean0_se", got.Means[0].StdErr, p.number(t, "po_mean0_se"))
		})
	}
}

// What estimation of the models adds to the error of aipw is of second order: its
// influence function alone, which treats them as known, gives about the same.
func TestWeightingInfluenceOnly(t *testing.T) {
	f := sharedFrame(t, "cattaneo2")
	y, d, o := numbersOf(t, f, "bweight"), numbersOf(t, f, "mbsmoke"), cattaneo(t, f)
	o.Method = MethodAIPW
	got, err := Weighting(y, d, o)
	if err != nil {
		t.Fatal(err)
	}
	x, names := withConstant(o.Outcome, o.OutcomeNames, len(y))
	phi := make([]float64, len(y))
	for group := range 2 {
		w := make([]float64, len(y))
		for i, v := range d {
			if int(v) == group {
				w[i] = 1
			}
		}
		m, err := fitLinear(y, x, names, w)
		if err != nil {
			t.Fatal(err)
		}
		for i := range phi {
			p := got.P[i]
			if group == 0 {
				p = 1 - p
			}
			phi[i] += float64(2*group-1) * (m.fitted[i] + w[i]*m.resid[i]/p)
		}
	}
	center, total := mean(phi), 0.0
	for _, v := range phi {
		total += (v - center) * (v - center)
	}
	c := publishedCases(t, "cattaneo2")["aipw_se_influence_only"]
	c.check(t, "se", math.Sqrt(total)/float64(len(y)), c.number(t, "value"))
}

// TestWeightingLalonde weighs the groups of LaLonde's non-experimental comparisons.
func TestWeightingLalonde(t *testing.T) {
	f, cases := sharedFrame(t, "lalonde"), publishedCases(t, "lalonde")
	for _, control := range []string{"cps1", "cps3", "psid1"} {
		t.Run(control, func(t *testing.T) {
			data := nsw(t, f, control)
			zero := func(name string) []float64 {
				out := make([]float64, data.Rows())
				for i, v := range numbersOf(t, data, name) {
					if v == 0 {
						out[i] = 1
					}
				}
				return out
			}
			o := WeightingOptions{Method: MethodIPW, Estimand: ATT}
			o.PropensityNames = []string{"age", "age2", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "u74", "u75"}
			age := numbersOf(t, data, "age")
			o.Propensity = append([][]float64{age, squared(age)}, columnsOf(t, data, o.PropensityNames[2:9])...)
			o.Propensity = append(o.Propensity, zero("re74"), zero("re75"))
			got, err := Weighting(numbersOf(t, data, "re78"), numbersOf(t, data, "treat"), o)
			if err != nil {
				t.Fatal(err)
			}
			c := cases["ipw_att_hajek_"+control]
			c.check(t, "value", got.Effect.Value, c.number(t, "value"))
			for j, want := range c.list(t, "logit_coef") {
				c.check(t, fmt.Sprintf("logit coefficient %d", j), got.Model.Coef[j], want)
			}
		})
	}
}

// All methods agree where nothing differs between groups but the treatment, and
// keep their estimate when rows are reordered, scaled and shifted.
func TestWeightingInvariance(t *testing.T) {
	y, d, x := randomGroups(300, 11)
	names := []string{"a", "b", "c"}
	order := rand.New(rand.NewPCG(1, 9)).Perm(len(y))
	for _, method := range []string{MethodRA, MethodIPW, MethodAIPW, MethodIPWRA} {
		for _, estimand := range []string{ATE, ATT, ATC} {
			o := WeightingOptions{Method: method, Estimand: estimand, Outcome: x, OutcomeNames: names, Propensity: x, PropensityNames: names}
			base, err := Weighting(y, d, o)
			if err != nil {
				t.Fatal(err)
			}
			moved := o
			moved.Outcome = make([][]float64, 3)
			for j := range x {
				moved.Outcome[j] = pick(x[j], order)
				for i := range moved.Outcome[j] {
					moved.Outcome[j][i] = 1e4*moved.Outcome[j][i] + 3
				}
			}
			moved.Propensity = moved.Outcome
			moved.Weights = make([]float64, len(y))
			y2 := pick(y, order)
			for i := range y2 {
				y2[i], moved.Weights[i] = 100*y2[i]-7, 2.5
			}
			again, err := Weighting(y2, pick(d, order), moved)
			if err != nil {
				t.Fatal(err)
			}
			// A constant in the outcome leaves the unnormalised aipw only as far as the
			// propensity's scores sum to 0.
			if math.Abs(again.Effect.Value/100-base.Effect.Value) > 1e-8 || math.Abs(again.Effect.StdErr/100-base.Effect.StdErr) > 1e-8 {
				t.Errorf("%s %s: %v became %v", method, estimand, base.Effect, again.Effect)
			}
			// The average of all is that of the two groups.
			if estimand == ATC {
				flipped := make([]float64, len(d))
				for i, v := range d {
					flipped[i] = 1 - v
				}
				o.Estimand = ATT
				other, err := Weighting(y, flipped, o)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(other.Effect.Value+base.Effect.Value) > 1e-8 || math.Abs(other.Effect.StdErr-base.Effect.StdErr) > 1e-8 {
					t.Errorf("%s: the effect on the untreated is %v and, with names swapped, %v", method, base.Effect, other.Effect)
				}
			}
		}
	}
}

// Weights count rows: doubling a weight is a second copy, up to the number of rows
// that the error counts.
func TestWeightingWeights(t *testing.T) {
	y, d, x := randomGroups(200, 4)
	names := []string{"a", "b", "c"}
	w := make([]float64, len(y))
	var twice []int
	for i := range w {
		w[i] = float64(1 + i%2)
		for range 1 + i%2 {
			twice = append(twice, i)
		}
	}
	copies := make([][]float64, 3)
	for j := range x {
		copies[j] = pick(x[j], twice)
	}
	for _, method := range []string{MethodRA, MethodIPW, MethodAIPW, MethodIPWRA} {
		a, err := Weighting(y, d, WeightingOptions{Method: method, Estimand: ATT, Weights: w, Outcome: x, OutcomeNames: names, Propensity: x, PropensityNames: names, Clusters: indices(len(y))})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Weighting(pick(y, twice), pick(d, twice), WeightingOptions{Method: method, Estimand: ATT, Outcome: copies, OutcomeNames: names, Propensity: copies, PropensityNames: names, Clusters: twice})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a.Effect.Value-b.Effect.Value) > 1e-8 || math.Abs(a.Effect.StdErr-b.Effect.StdErr) > 1e-8 {
			t.Errorf("%s: weighted %v, copied %v", method, a.Effect, b.Effect)
		}
	}
}

func TestWeightingRefuses(t *testing.T) {
	y, d, x := randomGroups(40, 2)
	names := []string{"a", "b", "c"}
	base := WeightingOptions{Method: MethodAIPW, Outcome: x, OutcomeNames: names, Propensity: x, PropensityNames: names}
	var separated *SeparationError
	var collinear *CollinearError
	with := func(change func(o *WeightingOptions)) error {
		o := base
		change(&o)
		_, err := Weighting(y, d, o)
		return err
	}
	if err := with(func(o *WeightingOptions) { o.Propensity, o.PropensityNames = [][]float64{d}, []string{"flag"} }); !errors.As(err, &separated) || separated.Columns[len(separated.Columns)-1] != "flag" {
		t.Errorf("separation: %v", err)
	}
	if err := with(func(o *WeightingOptions) {
		o.Outcome, o.OutcomeNames = [][]float64{x[0], x[0]}, []string{"a", "again"}
	}); !errors.As(err, &collinear) || collinear.Column != "again" {
		t.Errorf("collinear: %v", err)
	}
	if err := with(func(o *WeightingOptions) { o.Clusters = make([]int, len(y)) }); !errors.Is(err, ErrOneCluster) {
		t.Errorf("one cluster: %v", err)
	}
	if err := with(func(o *WeightingOptions) { o.Weights = make([]float64, len(y)) }); !errors.Is(err, ErrTooFew) {
		t.Errorf("weights of 0: %v", err)
	}
	for _, bad := range []func(o *WeightingOptions){
		func(o *WeightingOptions) { o.Method = "magic" },
		func(o *WeightingOptions) { o.Estimand = "late" },
		func(o *WeightingOptions) { o.Weights = []float64{1} },
		func(o *WeightingOptions) { o.Weights = make([]float64, len(y)); o.Weights[3] = math.NaN() },
	} {
		if with(bad) == nil {
			t.Error("a bad option was accepted")
		}
	}
	if _, err := Weighting(y[:5], []float64{1, 1, 0, 1, 1}, WeightingOptions{Method: MethodRA, Outcome: [][]float64{x[0][:5]}, OutcomeNames: names[:1]}); !errors.Is(err, ErrTooFew) {
		t.Errorf("one untreated row: %v", err)
	}
}

// 95 % intervals of the doubly robust estimators cover the true effect of 1.
func TestWeightingCoverage(t *testing.T) {
	n := simulations(300)
	names := []string{"a", "b", "c"}
	for _, method := range []string{MethodRA, MethodIPW, MethodAIPW, MethodIPWRA} {
		covered := 0
		for run := range n {
			y, d, x := randomGroups(400, 1000+run)
			got, err := Weighting(y, d, WeightingOptions{Method: method, Outcome: x, OutcomeNames: names, Propensity: x, PropensityNames: names})
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

// Crump et al. note that α is about 0.1 for many distributions; where all
// propensities are alike nothing is left out.
func TestTrimBound(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	p := make([]float64, 20000)
	for i := range p {
		p[i] = min(max(r.Float64(), 1e-6), 1-1e-6)
	}
	alpha, err := TrimBound(p)
	if err != nil {
		t.Fatal(err)
	}
	if alpha < 0.05 || alpha > 0.15 {
		t.Errorf("alpha = %g for uniform propensities", alpha)
	}
	total, n := 0.0, 0.0
	for _, i := range Trimmed(p, alpha) {
		total += 1 / (p[i] * (1 - p[i]))
		n++
	}
	if limit := 1 / (alpha * (1 - alpha)); math.Abs(limit/(2*total/n)-1) > 0.01 {
		t.Errorf("1/(α(1−α)) = %g, twice the mean is %g", limit, 2*total/n)
	}
	if alpha, _ := TrimBound([]float64{0.3, 0.4, 0.5}); alpha != 0 {
		t.Errorf("alpha = %g for propensities in the middle", alpha)
	}
	if _, err := TrimBound([]float64{0.3, 1}); err == nil {
		t.Error("a propensity of 1 was accepted")
	}
}

func ExampleWeighting() {
	outcome := []float64{3, 4, 6, 5, 8, 9, 11, 7, 4, 10}
	trained := []float64{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}
	tenure := [][]float64{{1, 2, 4, 3, 6, 5, 6, 3, 1, 5}}
	w, err := Weighting(outcome, trained, WeightingOptions{
		Method: MethodRA, Estimand: ATT, Outcome: tenure, OutcomeNames: []string{"tenure"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.2f ± %.2f\n", w.Effect.Value, w.Effect.StdErr)
	// Output: +2.20 ± 0.33
}
