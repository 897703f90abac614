package impact

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// TwoSamplePower is the probability that a two-sample t test finds an effect.
//
//	df = n₁ + n₂ − 2    δ = effect/(sd·√(1/n₁ + 1/n₂))
//	power = P(|T_df(δ)| > t_df(1 − α/2)), T noncentral; one-sided: P(T > t_df(1 − α))
//
// n1 and n2 are units per group and need not be whole; sides is 1 or 2. It returns
// an error unless n ≥ 2 in all, sd > 0 and 0 < α < 1.
//
// Source: J. Cohen, Statistical Power Analysis, 2nd ed. (1988) ch. 2.
func TwoSamplePower(n1, n2, effect, sd, alpha float64, sides int) (float64, error) {
	if !(n1 > 0 && n2 > 0 && n1+n2 > 2) || math.IsInf(n1+n2, 0) {
		return 0, fmt.Errorf("%w: groups of %g and %g", ErrTooFew, n1, n2)
	}
	if !(sd > 0) || math.IsInf(sd, 0) {
		return 0, fmt.Errorf("standard deviation %g; it must be positive", sd)
	}
	if err := checkAlpha(alpha, sides); err != nil {
		return 0, err
	}
	if math.IsNaN(effect) || math.IsInf(effect, 0) {
		return 0, fmt.Errorf("effect: %w", ErrNotFinite)
	}
	return noncentralPower(math.Abs(effect)/(sd*math.Sqrt(1/n1+1/n2)), n1+n2-2, alpha, sides), nil
}

func checkAlpha(alpha float64, sides int) error {
	if !(alpha > 0 && alpha < 1) {
		return fmt.Errorf("alpha %g; it must lie between 0 and 1", alpha)
	}
	if sides != 1 && sides != 2 {
		return fmt.Errorf("%d sides; use 1 or 2", sides)
	}
	return nil
}

// noncentralPower is the power of a t test whose noncentrality is delta ≥ 0.
func noncentralPower(delta, df, alpha float64, sides int) float64 {
	t := quantile(1-alpha/float64(sides), df)
	if math.IsInf(df, 1) || df > 1e6 {
		p := distuv.UnitNormal.Survival(t - delta)
		if sides == 2 {
			p += distuv.UnitNormal.CDF(-t - delta)
		}
		return p
	}
	p := 1 - noncentralCDF(t, delta, df)
	if sides == 2 {
		p += noncentralCDF(-t, delta, df)
	}
	return min(max(p, 0), 1)
}

// noncentralCDF is P(T ≤ t), T noncentral t: the mean over the chi variable s of
// Φ(ts − δ), by Simpson's rule on the part of s that has weight.
func noncentralCDF(t, delta, df float64) float64 {
	// s = √(χ²/df) is about 1 ± 1/√(2df).
	spread := 1 / math.Sqrt(2*df)
	lo, hi := max(0, 1-12*spread), 1+14*spread
	const steps = 4000
	h := (hi - lo) / steps
	lg, _ := math.Lgamma(df / 2)
	density := func(s float64) float64 {
		s = max(s, 1e-300)
		return math.Exp(math.Ln2 + df/2*math.Log(df/2) - lg + (df-1)*math.Log(s) - df*s*s/2)
	}
	total, mass := 0.0, 0.0
	for i := 0; i <= steps; i++ {
		w := 2.0
		switch {
		case i == 0 || i == steps:
			w = 1
		case i%2 == 1:
			w = 4
		}
		s := lo + float64(i)*h
		d := w * density(s)
		mass += d
		total += d * distuv.UnitNormal.CDF(t*s-delta)
	}
	// Dividing by the mass removes the error that both sums share.
	return total / mass
}

// TwoSampleSize is how many units each of two equal groups needs for a power.
func TwoSampleSize(effect, sd, power, alpha float64, sides int) (float64, error) {
	if effect == 0 {
		return 0, errors.New("no number of units finds an effect of 0")
	}
	if err := checkPower(power, alpha, sides); err != nil {
		return 0, err
	}
	if _, err := TwoSamplePower(3, 3, effect, sd, alpha, sides); err != nil {
		return 0, err
	}
	return solve(1+1e-6, 1e9, func(n float64) float64 {
		p, _ := TwoSamplePower(n, n, effect, sd, alpha, sides)
		return p - power
	})
}

// TwoSampleMDE is the smallest effect that groups of n1 and n2 find with a power,
// by the noncentral t distribution. [MDE] is the common approximation.
func TwoSampleMDE(n1, n2, sd, power, alpha float64, sides int) (float64, error) {
	if err := checkPower(power, alpha, sides); err != nil {
		return 0, err
	}
	if _, err := TwoSamplePower(n1, n2, 0, sd, alpha, sides); err != nil {
		return 0, err
	}
	d, err := smallestDelta(n1+n2-2, power, alpha, sides)
	return d * sd * math.Sqrt(1/n1+1/n2), err
}

func checkPower(power, alpha float64, sides int) error {
	if err := checkAlpha(alpha, sides); err != nil {
		return err
	}
	if !(power > alpha && power < 1) {
		return fmt.Errorf("power %g; it must lie between alpha and 1", power)
	}
	return nil
}

// smallestDelta is the noncentrality that has a power.
func smallestDelta(df, power, alpha float64, sides int) (float64, error) {
	return solve(0, 1000, func(d float64) float64 { return noncentralPower(d, df, alpha, sides) - power })
}

// solve finds where an increasing function crosses 0, by bisection: of logarithms
// where the range is wide.
func solve(lo, hi float64, f func(float64) float64) (float64, error) {
	if f(lo) > 0 || f(hi) < 0 {
		return 0, fmt.Errorf("no solution between %g and %g", lo, hi)
	}
	for range 200 {
		mid := (lo + hi) / 2
		if lo > 0 && hi/lo > 10 {
			mid = math.Sqrt(lo * hi)
		}
		if mid == lo || mid == hi {
			break
		}
		if f(mid) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2, nil
}

// MDEMultiplier is how many standard errors an effect must have to be found.
//
//	M = t_df(1 − α/sides) + t_df(power)     df +Inf: the normal
//
// Source: H. Bloom, Evaluation Review 19 (1995) 547–556.
func MDEMultiplier(df, power, alpha float64, sides int) (float64, error) {
	if !(df > 0) {
		return 0, fmt.Errorf("%w: %g degrees of freedom", ErrTooFew, df)
	}
	if err := checkPower(power, alpha, sides); err != nil {
		return 0, err
	}
	return quantile(1-alpha/float64(sides), df) + quantile(power, df), nil
}

// MDE is the smallest effect that a two-sided test finds with a power, given the
// standard error that the estimate has or will have: M·se.
func MDE(se, df, power, alpha float64) (float64, error) {
	if !(se >= 0) || math.IsInf(se, 0) {
		return 0, fmt.Errorf("standard error %g: %w", se, ErrNotFinite)
	}
	m, err := MDEMultiplier(df, power, alpha, 2)
	return m * se, err
}

// ProportionPower is the power to tell p1 from p2 with n units in each group, by the
// normal approximation without continuity correction.
//
//	z = (√n|p₁−p₂| − z_{1−α/sides}√(2p̄(1−p̄)))/√(p₁(1−p₁) + p₂(1−p₂))    power = Φ(z)
//
// Source: J. Fleiss, Statistical Methods for Rates and Proportions, 2nd ed. (1981) ch. 3.
func ProportionPower(n, p1, p2, alpha float64, sides int) (float64, error) {
	if err := checkProportions(p1, p2); err != nil {
		return 0, err
	}
	if err := checkAlpha(alpha, sides); err != nil {
		return 0, err
	}
	if !(n > 0) {
		return 0, fmt.Errorf("%w: groups of %g", ErrTooFew, n)
	}
	pooled := (p1 + p2) / 2
	z := (math.Sqrt(n)*math.Abs(p1-p2) - quantile(1-alpha/float64(sides), math.Inf(1))*math.Sqrt(2*pooled*(1-pooled))) /
		math.Sqrt(p1*(1-p1)+p2*(1-p2))
	return distuv.UnitNormal.CDF(z), nil
}

func checkProportions(p1, p2 float64) error {
	if !(p1 > 0 && p1 < 1 && p2 > 0 && p2 < 1) {
		return fmt.Errorf("proportions %g and %g; they must lie between 0 and 1", p1, p2)
	}
	return nil
}

// ProportionSize is how many units each group needs to tell p1 from p2, by
// [ProportionPower].
func ProportionSize(p1, p2, power, alpha float64, sides int) (float64, error) {
	if err := checkPower(power, alpha, sides); err != nil {
		return 0, err
	}
	if p1 == p2 {
		return 0, errors.New("no number of units tells equal proportions apart")
	}
	if err := checkProportions(p1, p2); err != nil {
		return 0, err
	}
	return solve(1e-6, 1e12, func(n float64) float64 {
		p, _ := ProportionPower(n, p1, p2, alpha, sides)
		return p - power
	})
}

// ArcsineSize is how many units each group needs to tell p1 from p2 by Cohen's h.
//
//	h = 2 asin √p₁ − 2 asin √p₂    power = Φ(|h|√(n/2) − z) + Φ(−|h|√(n/2) − z)
//
// Source: J. Cohen, Statistical Power Analysis, 2nd ed. (1988) ch. 6.
func ArcsineSize(p1, p2, power, alpha float64) (float64, error) {
	if err := checkPower(power, alpha, 2); err != nil {
		return 0, err
	}
	if err := checkProportions(p1, p2); err != nil {
		return 0, err
	}
	h := math.Abs(2*math.Asin(math.Sqrt(p1)) - 2*math.Asin(math.Sqrt(p2)))
	if h == 0 {
		return 0, errors.New("no number of units tells equal proportions apart")
	}
	delta, err := smallestDelta(math.Inf(1), power, alpha, 2)
	return 2 * (delta / h) * (delta / h), err
}
