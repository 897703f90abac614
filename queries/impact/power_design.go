package impact

import (
	"fmt"
	"math"
)

// DesignEffect is how much larger the variance of a mean is because units come in
// clusters of m with intraclass correlation icc: 1 + (m − 1)·icc.
//
// Source: L. Kish, Survey Sampling (1965) §5.4.
func DesignEffect(m, icc float64) (float64, error) {
	if !(m >= 1) || math.IsInf(m, 0) {
		return 0, fmt.Errorf("cluster size %g; it must be at least 1", m)
	}
	if !(icc >= 0 && icc <= 1) {
		return 0, fmt.Errorf("intraclass correlation %g; it must lie between 0 and 1", icc)
	}
	return 1 + (m-1)*icc, nil
}

// ClusterMDE is the smallest effect, in standard deviations of the outcome, that J
// clusters of m units find, a share P of them treated.
//
//	MDE = M_{J−2}·√(ρ/(P(1−P)J) + (1−ρ)/(P(1−P)Jm))
//
// It returns ErrTooFew with fewer than three clusters.
//
// Source: H. Bloom, L. Richburg-Hayes & A. Black, Educational Evaluation and Policy
// Analysis 29 (2007) 30–59.
func ClusterMDE(clusters, m, icc, share, power, alpha float64) (float64, error) {
	if _, err := DesignEffect(m, icc); err != nil {
		return 0, err
	}
	if !(clusters > 2) {
		return 0, fmt.Errorf("%w: %g clusters; at least 3 are needed", ErrTooFew, clusters)
	}
	if !(share > 0 && share < 1) {
		return 0, fmt.Errorf("%w: a share of %g of the clusters is treated", ErrNoComparison, share)
	}
	d := share * (1 - share) * clusters
	return MDE(math.Sqrt(icc/d+(1-icc)/(d*m)), clusters-2, power, alpha)
}

// DiDVarianceFactor is the variance of difference in differences with m periods
// before and r after, relative to one comparison after, where the outcomes of a unit
// correlate rho across periods.
//
//	(1 − ρ)(1/m + 1/r)
//
// Source: D. McKenzie, Journal of Development Economics 99 (2012) 210–221.
func DiDVarianceFactor(m, r, rho float64) (float64, error) {
	if err := checkRounds(m, r, rho, 1); err != nil {
		return 0, err
	}
	return (1 - rho) * (1/m + 1/r), nil
}

// ANCOVAVarianceFactor is the variance of a comparison after that is adjusted for
// the mean before, relative to one comparison after.
//
//	(1 + (r−1)ρ)/r − mρ²/(1 + (m−1)ρ)
//
// m may be 0: nothing is adjusted for. It never exceeds [DiDVarianceFactor].
//
// Source: D. McKenzie, Journal of Development Economics 99 (2012) 210–221.
func ANCOVAVarianceFactor(m, r, rho float64) (float64, error) {
	if err := checkRounds(m, r, rho, 0); err != nil {
		return 0, err
	}
	return (1+(r-1)*rho)/r - m*rho*rho/(1+(m-1)*rho), nil
}

func checkRounds(m, r, rho, least float64) error {
	if !(m >= least) || !(r >= 1) || math.IsInf(m+r, 0) {
		return fmt.Errorf("%w: %g periods before and %g after", ErrTooFew, m, r)
	}
	if !(rho >= 0 && rho <= 1) {
		return fmt.Errorf("correlation across periods %g; it must lie between 0 and 1", rho)
	}
	return nil
}
