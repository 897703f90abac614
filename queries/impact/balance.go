package impact

import (
	"fmt"
	"math"
)

// A Balance compares one covariate between the treated and the others.
type Balance struct {
	Name          string
	Difference    float64 // (mean treated − mean control) ÷ sd of the treated
	VarianceRatio float64 // variance of the treated ÷ that of the control
}

// Balances is the standardised mean difference and the variance ratio of each
// covariate. The denominator is the standard deviation of the treated (n−1), so that
// it does not depend on whom they are compared with; a covariate that does not vary
// among them has NaN.
func Balances(names []string, x [][]float64, treated []float64) []Balance {
	out := make([]Balance, len(names))
	for j, col := range x {
		var arms [2][]float64
		for i, v := range col {
			arms[int(treated[i])] = append(arms[int(treated[i])], v)
		}
		vt, vc := variance(arms[1]), variance(arms[0])
		out[j] = Balance{
			Name:          names[j],
			Difference:    (mean(arms[1]) - mean(arms[0])) / math.Sqrt(vt),
			VarianceRatio: vt / vc,
		}
		if vt == 0 {
			out[j].Difference = math.NaN()
		}
	}
	return out
}

// balance adds one check per covariate; a difference above 0.1 fails.
func (r *Report) balance(names []string, x [][]float64, treated []float64) {
	for _, b := range Balances(names, x, treated) {
		r.Checks = append(r.Checks, Check{
			Name: "balance", Statistic: b.Difference, DF: math.NaN(), P: math.NaN(),
			Passed: math.Abs(b.Difference) <= 0.1,
			Note:   fmt.Sprintf("%s: standardised difference %.3f, variance ratio %.2f", b.Name, b.Difference, b.VarianceRatio),
		})
	}
}
