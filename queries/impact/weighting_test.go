package impact

import (
	"testing"
)

// TestWeightingCattaneo are the cases of cattaneo2, which Stata's teffects printed.
func TestWeightingCattaneo(t *testing.T) {
	f, cases := sharedFrame(t, "cattaneo2"), publishedCases(t, "cattaneo2")
	y, d := numbersOf(t, f, "bweight"), numbersOf(t, f, "mbsmoke")
	o := WeightingOptions{Link: LinkProbit}
	o.OutcomeNames = []string{"prenatal1", "mmarried", "mage", "fbaby"}
	o.Outcome = columnsOf(t, f, o.OutcomeNames)
	o.PropensityNames = []string{"mmarried", "mage", "mage2", "fbaby", "medu"}
	age := numbersOf(t, f, "mage")
	square := make([]float64, len(age))
	for i, a := range age {
		square[i] = a * a
	}
	o.Propensity = [][]float64{numbersOf(t, f, "mmarried"), age, square, numbersOf(t, f, "fbaby"), numbersOf(t, f, "medu")}
	for _, c := range []struct{ id, method, estimand string }{
		{"ra", MethodRA, ATE}, {"ra_att", MethodRA, ATT},
		{"ipw", MethodIPW, ATE}, {"ipw_att", MethodIPW, ATT},
		{"aipw", MethodAIPW, ATE},
		{"ipwra", MethodIPWRA, ATE}, {"ipwra_att", MethodIPWRA, ATT},
	} {
		t.Run(c.id, func(t *testing.T) {
			o := o
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
