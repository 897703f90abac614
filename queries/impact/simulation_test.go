package impact

import (
	"math"
	"os"
	"strconv"
	"testing"
)

// simulations is how many runs a simulation makes: short, or DIALS_SIMULATIONS times
// as many.
func simulations(short int) int {
	if f, err := strconv.Atoi(os.Getenv("DIALS_SIMULATIONS")); err == nil && f > 0 {
		return short * f
	}
	return short
}

// within checks a share against bounds, allowing three Monte Carlo errors.
func within(t *testing.T, what string, count, runs int, lo, hi float64) {
	t.Helper()
	share := float64(count) / float64(runs)
	slack := 3 * math.Sqrt(max(share*(1-share), 0.01)/float64(runs))
	if share < lo-slack || share > hi+slack {
		t.Errorf("%s = %.3f ± %.3f, want between %g and %g", what, share, slack/3, lo, hi)
	}
}
