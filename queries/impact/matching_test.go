package impact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// nsw keeps the treated of the randomised sample and one group to compare with.
func nsw(t *testing.T, f *Frame, control string) *Frame {
	t.Helper()
	sample, _ := f.text("sample")
	treat := numbersOf(t, f, "treat")
	return rowsWhere(f, func(i int) bool {
		return sample[i] == "nsw_dw" && (treat[i] == 1 || control == "nsw_dw") || sample[i] == control && treat[i] == 0
	})
}

// TestMatchLalonde are the matching cases of the lalonde set.
func TestMatchLalonde(t *testing.T) {
	f, cases := sharedFrame(t, "lalonde"), publishedCases(t, "lalonde")
	four := []string{"age", "educ", "re74", "re75"}
	eight := []string{"age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"}
	sample := MatchOptions{Estimand: ATE, Sample: true, Homoskedastic: true}
	for _, c := range []struct {
		id      string
		x       []string
		o       MatchOptions
		k       int
		control string
	}{
		{"nn1_age_sate", four[:1], sample, 1, "nsw_dw"},
		{"nn1_4cov_sate", four, sample, 1, "nsw_dw"},
		{"nn3_4cov_sate", four, sample, 3, "nsw_dw"},
		{"nn_8cov_att_m1", eight, MatchOptions{}, 1, "nsw_dw"},
		{"nn_8cov_att_m4", eight, MatchOptions{}, 4, "nsw_dw"},
		{"nn_8cov_att_m4_biasadj", eight, MatchOptions{BiasAdjust: true}, 4, "nsw_dw"},
		{"nn_8cov_ate_m4_biasadj", eight, MatchOptions{Estimand: ATE, BiasAdjust: true}, 4, "nsw_dw"},
		{"cps3_nn_8cov_att_m1", eight, MatchOptions{}, 1, "cps3"},
	} {
		t.Run(c.id, func(t *testing.T) {
			data := nsw(t, f, c.control)
			c.o.Neighbours = c.k
			got, err := Match(numbersOf(t, data, "re78"), numbersOf(t, data, "treat"), columnsOf(t, data, c.x), c.x, c.o)
			if err != nil {
				t.Fatal(err)
			}
			cases[c.id].effect(t, got.Effect)
		})
	}
}

// small is seven rows with ties, small enough to match by hand.
func small() (y, d []float64, x [][]float64) {
	return []float64{7, 8, 6, 4, 5, 2, 9}, []float64{0, 0, 0, 0, 1, 1, 1}, [][]float64{{2, 4, 5, 7, 3, 5, 6}}
}

func TestMatchSmall(t *testing.T) {
	y, d, x := small()
	// By hand: the treated at 3 is tied between 2 and 4, the one at 5 has 5, the one
	// at 6 is tied between 5 and 7; untreated 2→3, 4→tie 3,5, 5→5, 7→6.
	att := ((5 - 7.5) + (2 - 6) + (9 - 5)) / 3
	atc := ((5 - 7) + (3.5 - 8) + (2 - 6) + (9 - 4)) / 4
	for _, c := range []struct {
		estimand string
		want     float64
	}{{ATT, att}, {ATC, atc}, {ATE, (3*att + 4*atc) / 7}} {
		got, err := Match(y, d, x, []string{"x"}, MatchOptions{Estimand: c.estimand})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Effect.Value-c.want) > 1e-12 {
			t.Errorf("%s = %g, want %g", c.estimand, got.Effect.Value, c.want)
		}
		treated, control := [2]float64{}, [2]float64{}
		for i, w := range got.Weights {
			if d[i] == 1 {
				treated[0], treated[1] = treated[0]+w*y[i], treated[1]+w
			} else {
				control[0], control[1] = control[0]+w*y[i], control[1]+w
			}
		}
		if diff := treated[0]/treated[1] - control[0]/control[1]; math.Abs(diff-c.want) > 1e-12 {
			t.Errorf("%s: the weights give %g, want %g", c.estimand, diff, c.want)
		}
	}
}

// Order of rows, units of covariates and of the outcome, and adding a constant.
func TestMatchInvariance(t *testing.T) {
	y, d, x := randomGroups(60, 3)
	names := []string{"a", "b", "c"}
	for _, o := range []MatchOptions{
		{Neighbours: 2},
		{Estimand: ATE, BiasAdjust: true},
		{Mahalanobis: true, Sample: true},
		{Estimand: ATC, Homoskedastic: true, BiasAdjust: true, Neighbours: 3},
	} {
		base, err := Match(y, d, x, names, o)
		if err != nil {
			t.Fatal(err)
		}
		order := rand.New(rand.NewPCG(3, 4)).Perm(len(y))
		moved := make([][]float64, len(x))
		for j := range x {
			moved[j] = pick(x[j], order)
			for i := range moved[j] {
				moved[j][i] = 1000*moved[j][i] - 7
			}
		}
		y2 := pick(y, order)
		for i := range y2 {
			y2[i] = 10*y2[i] + 5
		}
		again, err := Match(y2, pick(d, order), moved, names, o)
		if err != nil {
			t.Fatal(err)
		}
		if !close9(again.Effect.Value, 10*base.Effect.Value) || !close9(again.Effect.StdErr, 10*base.Effect.StdErr) {
			t.Errorf("%+v: %v became %v", o, base.Effect, again.Effect)
		}
	}
}

func TestMatchRefuses(t *testing.T) {
	y, d, x := small()
	var collinear *CollinearError
	for _, c := range []struct {
		name string
		call func() error
		want error
	}{
		{"NaN", func() error {
			_, err := Match([]float64{7, 8, 6, 4, 5, 2, math.NaN()}, d, x, []string{"x"}, MatchOptions{})
			return err
		}, ErrNotFinite},
		{"constant outcome", func() error {
			_, err := Match([]float64{1, 1, 1, 1, 1, 1, 1}, d, x, []string{"x"}, MatchOptions{})
			return err
		}, ErrConstant},
		{"nobody treated", func() error {
			_, err := Match(y, make([]float64, 7), x, []string{"x"}, MatchOptions{})
			return err
		}, ErrNoComparison},
		{"too many neighbours", func() error {
			_, err := Match(y, d, x, []string{"x"}, MatchOptions{Neighbours: 5})
			return err
		}, ErrTooFew},
	} {
		if err := c.call(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	twice := [][]float64{x[0], {4, 8, 10, 14, 6, 10, 12}}
	if _, err := Match(y, d, twice, []string{"x", "double"}, MatchOptions{Mahalanobis: true}); !errors.As(err, &collinear) || collinear.Column != "double" {
		t.Errorf("collinear: got %v", err)
	}
	if _, err := Match(y, d, [][]float64{{1, 1, 1, 1, 1, 1, 1}}, []string{"x"}, MatchOptions{}); err == nil {
		t.Error("a constant covariate was accepted")
	}
	if _, err := Match(y, d, x, []string{"x"}, MatchOptions{Estimand: "late"}); err == nil {
		t.Error("an unknown estimand was accepted")
	}
}

func ExampleMatch() {
	outcome := []float64{7, 8, 6, 4, 5, 2, 9}
	treated := []float64{0, 0, 0, 0, 1, 1, 1}
	score := []float64{2, 4, 5, 7, 3, 5, 6}
	m, err := Match(outcome, treated, [][]float64{score}, []string{"score"}, MatchOptions{Estimand: ATT})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f from %d matches\n", m.Effect.Value, m.Pairs)
	// Output: -0.833 from 5 matches
}

// randomGroups draws an outcome, a treatment that depends on covariates, and k
// covariates; the effect is 1 for everybody.
func randomGroups(n, seed int) (y, d []float64, x [][]float64) {
	r := rand.New(rand.NewPCG(uint64(seed), 7))
	y, d, x = make([]float64, n), make([]float64, n), make([][]float64, 3)
	for j := range x {
		x[j] = make([]float64, n)
	}
	for i := range n {
		s := 0.0
		for j := range x {
			x[j][i] = r.NormFloat64()
			s += x[j][i]
		}
		if r.Float64() < 1/(1+math.Exp(-0.4*s)) {
			d[i] = 1
		}
		y[i] = d[i] + s + r.NormFloat64()
	}
	return y, d, x
}

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }

// 95 % intervals of the population effect cover the true effect of 1, with one
// covariate, where matching has no bias to speak of.
func TestMatchCoverage(t *testing.T) {
	n := simulations(300)
	for _, o := range []MatchOptions{{}, {Estimand: ATE, Neighbours: 2, BiasAdjust: true}} {
		covered := 0
		for run := range n {
			r := rand.New(rand.NewPCG(uint64(run), 31))
			const rows = 200
			y, d, x := make([]float64, rows), make([]float64, rows), make([]float64, rows)
			for i := range rows {
				x[i] = r.Float64()
				if r.Float64() < 0.3+0.3*x[i] {
					d[i] = 1
				}
				y[i] = d[i] + 2*x[i] + (0.5+x[i])*r.NormFloat64()
			}
			got, err := Match(y, d, [][]float64{x}, []string{"x"}, o)
			if err != nil {
				t.Fatal(err)
			}
			if got.Effect.Lo <= 1 && 1 <= got.Effect.Hi {
				covered++
			}
		}
		within(t, "coverage", covered, n, 0.93, 0.97)
	}
}
