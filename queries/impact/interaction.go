package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"
)

// QualitativeInteraction tests whether effects of K independent groups all point the
// same way, or some are gains and others losses:
//
//	Q⁺ = Σ (dᵢ/seᵢ)² over dᵢ > 0    Q⁻ the same over dᵢ < 0    Q = min(Q⁺, Q⁻)
//	p = Σ from h = 1 to K−1 of C(K−1, h)·2^−(K−1)·P(χ²_h > Q)
//
// The likelihood ratio test of Gail and Simon. The result is Q and p; p is 1 where no
// effect opposes the others. It returns [ErrTooFew] for fewer than two effects, and an error
// for one that is not finite or whose error is not positive.
//
// Source: M. Gail & R. Simon, Biometrics 41 (1985) 361–372.
func QualitativeInteraction(effects []Estimate) (q, p float64, err error) {
	k := len(effects)
	if k < 2 {
		return 0, 0, fmt.Errorf("%w: qualitative interaction of %d effects", ErrTooFew, k)
	}
	gains, losses := 0.0, 0.0
	for i, e := range effects {
		z := e.Value / e.StdErr
		if !(e.StdErr > 0) || math.IsNaN(z) || math.IsInf(z, 0) || math.IsInf(e.StdErr, 0) {
			return 0, 0, fmt.Errorf("qualitative interaction: effect %d is %v with error %v", i+1, e.Value, e.StdErr)
		}
		if z > 0 {
			gains += z * z
		} else {
			losses += z * z
		}
	}
	q = min(gains, losses)
	if q == 0 {
		return 0, 1, nil
	}
	for h := 1; h < k; h++ {
		share := math.Exp(combin.LogGeneralizedBinomial(float64(k-1), float64(h)) - float64(k-1)*math.Ln2)
		p += share * distuv.ChiSquared{K: float64(h)}.Survival(q)
	}
	return q, min(1, p), nil
}
