package impact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The 95 % interval of a level change in 36 months covers the truth for weak and
// strong autocorrelation.
func TestAR1Coverage(t *testing.T) {
	for _, rho := range []float64{0, 0.3, 0.6} {
		random := rand.New(rand.NewPCG(7, 7))
		n, at := 36, 24
		x := [][]float64{ones(n), make([]float64, n), make([]float64, n), make([]float64, n)}
		time := make([]int, n)
		for i := range n {
			time[i] = i
			x[1][i] = float64(i)
			if i >= at {
				x[2][i], x[3][i] = 1, float64(i-at)
			}
		}
		covered := [3]int{}
		total := simulations(300)
		for range total {
			y := make([]float64, n)
			u := random.NormFloat64() / math.Sqrt(1-rho*rho)
			for i := range n {
				if i > 0 {
					u = rho*u + random.NormFloat64()
				}
				y[i] = u
			}
			a, err := RegressAR1(y, x, []string{"const", "t", "level", "slope"}, time)
			if err != nil {
				t.Fatal(err)
			}
			for k, c := range [][]float64{{0, 0, 1, 0}, {0, 0, 0, 1}, {0, 0, 1, 5.5}} {
				e := a.Combine(c, 0.95)
				if e.Lo <= 0 && e.Hi >= 0 {
					covered[k]++
				}
			}
		}
		for k, c := range covered {
			within(t, fmt.Sprintf("autocorrelation %.1f, estimand %d: coverage", rho, k), c, total, 0.93, 0.97)
		}
	}
}
