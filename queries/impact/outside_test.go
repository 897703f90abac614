package impact

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// mtcars: miles per gallon, cylinders, displacement, horsepower and carburettors of 32 cars
// (Motor Trend, 1974; H. Henderson & P. Velleman, Biometrics 37 (1981) 391–411).
func mtcars(t *testing.T) *Frame {
	t.Helper()
	rows := [][5]float64{
		{21, 6, 160, 110, 4},
		{21, 6, 160, 110, 4},
		{22.8, 4, 108, 93, 1},
		{21.4, 6, 258, 110, 1},
		{18.7, 8, 360, 175, 2},
		{18.1, 6, 225, 105, 1},
		{14.3, 8, 360, 245, 4},
		{24.4, 4, 146.7, 62, 2},
		{22.8, 4, 140.8, 95, 2},
		{19.2, 6, 167.6, 123, 4},
		{17.8, 6, 167.6, 123, 4},
		{16.4, 8, 275.8, 180, 3},
		{17.3, 8, 275.8, 180, 3},
		{15.2, 8, 275.8, 180, 3},
		{10.4, 8, 472, 205, 4},
		{10.4, 8, 460, 215, 4},
		{14.7, 8, 440, 230, 4},
		{32.4, 4, 78.7, 66, 1},
		{30.4, 4, 75.7, 52, 2},
		{33.9, 4, 71.1, 65, 1},
		{21.5, 4, 120.1, 97, 1},
		{15.5, 8, 318, 150, 2},
		{15.2, 8, 304, 150, 2},
		{13.3, 8, 350, 245, 4},
		{19.2, 8, 400, 175, 2},
		{27.3, 4, 79, 66, 1},
		{26, 4, 120.3, 91, 2},
		{30.4, 4, 95.1, 113, 2},
		{15.8, 8, 351, 264, 4},
		{19.7, 6, 145, 175, 6},
		{15, 8, 301, 335, 8},
		{21.4, 4, 121, 109, 2},
	}
	var columns []Column
	for k, name := range []string{"mpg", "cyl", "disp", "hp", "carb"} {
		c := Column{Name: name}
		for _, r := range rows {
			c.Numbers = append(c.Numbers, r[k])
		}
		columns = append(columns, c)
	}
	f, err := NewFrame(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The cluster jackknife and the wild cluster bootstrap as others compute them, in the example of
// R's summclust: mpg on cyl, disp and hp, six clusters by carb.
//
// pyfixest 0.60.0: CRV1, and CRV3 without small-sample factors, which is the sum that CV3 takes
// (G−1)/G of. wildboottest 0.3.2, null imposed, all 2⁶ sign vectors: it counts |t*| > |t|, and so neither the
// two vectors of one sign, which give |t*| = |t| and are counted here.
func TestMtcars(t *testing.T) {
	f := mtcars(t)
	names := []string{"cyl", "disp", "hp"}
	for kind, want := range map[string][3]float64{
		"cluster": {0.48603548, 0.00542881, 0.01171139},
		"cr3":     {0.70332365, 0.00626908, 0.01656810},
		"cv3":     {0.70332365 * math.Sqrt(5./6), 0.00626908 * math.Sqrt(5./6), 0.01656810 * math.Sqrt(5./6)},
	} {
		r, err := Run(Spec{Design: "ols", Outcome: "mpg", Covariates: names, Cluster: []string{"carb"}, SE: kind}, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.Effects {
			if k := slices.Index(names, e.Name); k >= 0 && math.Abs(e.Estimate.StdErr-want[k]) > 1e-7 {
				t.Errorf("%s of %s: %v, want %v", kind, e.Name, e.Estimate.StdErr, want[k])
			}
		}
	}
	for k, strict := range []float64{0.125, 0.03125, 0.3125} {
		order := append([]string{names[k]}, slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == names[k] })...)
		r, err := Run(Spec{Design: "ols", Outcome: "mpg", Covariates: order, Cluster: []string{"carb"}, SE: "wild-cluster"}, f)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.Effect.P-strict-2./64) > 1e-12 {
			t.Errorf("wild bootstrap of %s: p %v, want %v and two ties of 64", names[k], r.Effect.P, strict)
		}
	}
}

// Waves of synthetic difference in differences as the Python port of Stata's sdid has them
// (synthdid 0.10.1): the smoking data with Nevada and Utah as if they had followed California
// in 1993.
func TestStaggeredSyntheticDiDElsewhere(t *testing.T) {
	f := sharedFrame(t, "prop99")
	states, err := f.text("state")
	years, err2 := f.Number("year")
	smoked, err3 := f.Number("cigsale")
	if err = errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	first := make([]float64, len(states))
	for i, s := range states {
		switch s {
		case "California":
			first[i] = 1989
		case "Nevada", "Utah":
			first[i] = 1993
		}
	}
	g, err := NewFrame(Column{Name: "state", Text: states}, Column{Name: "year", Numbers: years}, Column{Name: "cigsale", Numbers: smoked}, Column{Name: "first", Numbers: first})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(Spec{Design: "sdid", Outcome: "cigsale", Unit: "state", Time: "year", FirstTreated: "first", Draws: 2}, g)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(r.Effect.Value+12.18224) > 1e-5 {
		t.Errorf("effect %v, want -12.18224", r.Effect.Value)
	}
	want := map[string]float64{"1989": -16.812974, "1993": -8.709182}
	for _, e := range r.Effects {
		if w, ok := want[e.Name]; ok && e.Kind == KindCohort {
			if math.Abs(e.Estimate.Value-w) > 1e-5 {
				t.Errorf("wave of %s: %v, want %v", e.Name, e.Estimate.Value, w)
			}
			delete(want, e.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("no wave of %v", want)
	}
}
