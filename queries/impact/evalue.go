package impact

import (
	"fmt"
	"math"
)

// EValue is how strongly an unmeasured cause would have to be tied to both the
// tactic and the outcome, as a risk ratio, to explain an observed risk ratio away.
//
//	E = RR + √(RR(RR − 1))     for RR ≥ 1, else of 1/RR
//
// 1 means that nothing is needed. It returns an error unless RR is positive and
// finite.
//
// Source: T. VanderWeele & P. Ding, Annals of Internal Medicine 167 (2017) 268–274.
func EValue(riskRatio float64) (float64, error) {
	if !(riskRatio > 0) || math.IsInf(riskRatio, 0) {
		return 0, fmt.Errorf("risk ratio %g; it must be positive", riskRatio)
	}
	if riskRatio < 1 {
		riskRatio = 1 / riskRatio
	}
	return riskRatio + math.Sqrt(riskRatio*(riskRatio-1)), nil
}

// EValueInterval is the E-value of the bound of an interval of a risk ratio that is
// nearer to 1, and 1 where the interval holds 1.
func EValueInterval(lo, hi float64) (float64, error) {
	if !(lo > 0 && lo <= hi) || math.IsInf(hi, 0) {
		return 0, fmt.Errorf("interval of a risk ratio [%g, %g]; it must be positive and in order", lo, hi)
	}
	switch {
	case lo > 1:
		return EValue(lo)
	case hi < 1:
		return EValue(hi)
	}
	return 1, nil
}

// EValueDifference is the E-value of a difference in means of d standard deviations
// and of the bound of its interval nearer to 0, through RR ≈ exp(0.91 d). stdErr is
// the standard error of d; the interval is d ± 1.96 stdErr, and the second result is
// 1 where it holds 0.
//
// Source: S. Chinn, Statistics in Medicine 19 (2000) 3127–3131 for 0.91 ≈ π/√3·½.
func EValueDifference(d, stdErr float64) (point, bound float64, err error) {
	if math.IsNaN(d) || math.IsInf(d, 0) || !(stdErr >= 0) || math.IsInf(stdErr, 0) {
		return 0, 0, fmt.Errorf("standardised difference %g with error %g: %w", d, stdErr, ErrNotFinite)
	}
	if point, err = EValue(math.Exp(0.91 * d)); err != nil {
		return 0, 0, err
	}
	near := math.Abs(d) - 1.959963984540054*stdErr
	if near <= 0 {
		return point, 1, nil
	}
	bound, err = EValue(math.Exp(0.91 * near))
	return point, bound, err
}
