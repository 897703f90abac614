package impact

import "testing"

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
