package impact

import (
	"math"
	"testing"
)

// california reads prop99 as a block: 38 states, then California.
func california(t *testing.T) (b Block, names []string) {
	t.Helper()
	f := sharedFrame(t, "prop99")
	units, _ := f.Key("state")
	periods, _ := f.Periods("year")
	y := numbersOf(t, f, "cigsale")
	rows := make([][]float64, units.Levels())
	for i := range rows {
		rows[i] = make([]float64, periods.Levels())
	}
	for i, v := range y {
		rows[units.Codes[i]][periods.Codes[i]] = v
	}
	for i, name := range units.Labels {
		if name != "California" {
			b.Y, names = append(b.Y, rows[i]), append(names, name)
		}
	}
	for i, name := range units.Labels {
		if name == "California" {
			b.Y, names = append(b.Y, rows[i]), append(names, name)
		}
	}
	b.Control, b.Before = 38, 19
	return b, names
}

func TestSyntheticDiDProp99(t *testing.T) {
	b, names := california(t)
	cases := publishedCases(t, "prop99")
	for id, o := range map[string]SDIDOptions{
		"sdid": {}, "sc": {Method: "sc"}, "did": {Method: "did"},
		"sdid_exact_qp": {Exact: true}, "sc_exact_qp": {Method: "sc", Exact: true}, "difp_exact_qp": {Method: "difp", Exact: true},
	} {
		t.Run(id, func(t *testing.T) {
			got, err := SyntheticDiD(b, o)
			if err != nil {
				t.Fatal(err)
			}
			c := cases[id]
			c.check(t, "value", got.Effect, c.number(t, "value"))
			if _, ok := c.raw["omega"]; !ok {
				return
			}
			want := c.named(t, "omega")
			for i, w := range got.Omega {
				if math.Abs(w-want[names[i]]) > 5e-5 {
					t.Errorf("weight of %s = %.6f, want %.6f", names[i], w, want[names[i]])
				}
			}
		})
	}
	got, _ := SyntheticDiD(b, SDIDOptions{})
	cases["noise_level"].check(t, "noise", got.Noise, 5.49440101857951)
	cases["noise_level"].check(t, "zeta.omega", got.ZetaOmega, 10.2262325714912)
}

func TestSyntheticDiDPlacebos(t *testing.T) {
	b, names := california(t)
	cases := publishedCases(t, "prop99")
	a := Adoption{Y: b.Y, First: make([]int, 39)}
	for i := range a.First {
		a.First[i] = 31
	}
	a.First[38] = 19
	for _, method := range []string{"sdid", "sc", "did"} {
		c := cases["placebo_se_exhaustive_"+method]
		got, err := StaggeredSyntheticDiD(a, SDIDOptions{Method: method}, SDIDErrorOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.check(t, "se", got.Effect.StdErr, c.number(t, "value"))
		c.check(t, "rank p", RankP(got.Effect.Value, got.Placebos), c.number(t, "rank_p_two_sided"))
		want := c.named(t, "placebos")
		for i, p := range got.Placebos {
			if math.Abs(p-want[names[i]]) > 2e-3 {
				t.Errorf("%s: placebo %s = %.6f, want %.6f", method, names[i], p, want[names[i]])
			}
		}
	}
}
