package impact

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// A rollout is a panel whose dates were assigned at random, summed up by cohort.
type rollout struct {
	times  []float64
	starts []float64 // first treated period per cohort; +Inf is never, last
	size   []float64
	mean   [][]float64     // [cohort][period]
	cov    []*mat.SymDense // [cohort] period × period, n−1
	rows   [][][]float64   // [cohort][unit][period]
	units  int
}

// A coefficients is one weight per cohort and period: an estimator Σ_g A_g'Ȳ_g.
type coefficients [][]float64

func newRollout(p *Panel, first []float64) (*rollout, error) {
	groups := map[float64][]int{}
	seen := map[float64]bool{}
	for i, g := range first {
		if g > p.Times[len(p.Times)-1] {
			g = math.Inf(1)
		}
		groups[g] = append(groups[g], i)
		seen[g] = true
	}
	r := &rollout{times: p.Times}
	for _, g := range sortedKeys(seen) {
		units := groups[g]
		if len(units) < 2 {
			continue // a cohort of one has no variance
		}
		m := make([]float64, len(p.Times))
		data := mat.NewDense(len(units), len(p.Times), nil)
		rows := make([][]float64, len(units))
		for _, i := range units {
			axpy(1/float64(len(units)), p.Y[i], m)
		}
		for row, i := range units {
			rows[row] = p.Y[i]
			for t, y := range p.Y[i] {
				data.Set(row, t, (y-m[t])/math.Sqrt(float64(len(units)-1)))
			}
		}
		cov := mat.NewSymDense(len(p.Times), nil)
		cov.SymOuterK(1, data.T())
		r.starts, r.size = append(r.starts, g), append(r.size, float64(len(units)))
		r.mean, r.cov, r.rows = append(r.mean, m), append(r.cov, cov), append(r.rows, rows)
		r.units += len(units)
	}
	if len(r.starts) < 2 {
		return nil, fmt.Errorf("%w: fewer than two cohorts of at least two units", ErrNoComparison)
	}
	return r, nil
}

// value is Σ_g A_g'Ȳ_g.
func (r *rollout) value(a coefficients) float64 {
	v := 0.0
	for g := range a {
		v += dot(a[g], r.mean[g])
	}
	return v
}

// covariance is Σ_g A_g'S_gB_g/N_g.
func (r *rollout) covariance(a, b coefficients) float64 {
	v := 0.0
	for g := range a {
		v += mat.Inner(mat.NewVecDense(len(a[g]), a[g]), r.cov[g], mat.NewVecDense(len(b[g]), b[g])) / r.size[g]
	}
	return v
}

// comparison adds w times the contrast of cohort g in period t with the cohorts not
// treated by then to theta, and the same contrast in the last period before g to x.
func (r *rollout) comparison(theta, x coefficients, w float64, g, t int) {
	controls := 0.0
	for c, start := range r.starts {
		if start > r.times[t] {
			controls += r.size[c]
		}
	}
	base := 0
	for r.times[base+1] < r.starts[g] {
		base++
	}
	theta[g][t] += w
	x[g][base] += w
	for c, start := range r.starts {
		if start > r.times[t] {
			theta[c][t] -= w * r.size[c] / controls
			x[c][base] -= w * r.size[c] / controls
		}
	}
}

func (r *rollout) zero() coefficients {
	a := make(coefficients, len(r.starts))
	for g := range a {
		a[g] = make([]float64, len(r.times))
	}
	return a
}

// identified lists the cohorts and periods with a treated and an untreated side.
func (r *rollout) identified() [][2]int {
	last := r.starts[len(r.starts)-1]
	var out [][2]int
	for g, start := range r.starts {
		for t, when := range r.times {
			if when >= start && when < last {
				out = append(out, [2]int{g, t})
			}
		}
	}
	return out
}

// weights are those of an average of cells: simple ∝ N_g; group the plain mean within
// a cohort and ∝ N_g over cohorts; calendar ∝ N_g within a period and the plain mean
// over periods; event ∝ N_g within one event time.
func (r *rollout) weights(kind string, cells [][2]int) []float64 {
	perGroup, perPeriod := map[int]float64{}, map[int]float64{}
	groups, total := 0.0, 0.0
	for _, c := range cells {
		if perGroup[c[0]] == 0 {
			groups += r.size[c[0]]
		}
		perGroup[c[0]]++
		perPeriod[c[1]] += r.size[c[0]]
		total += r.size[c[0]]
	}
	w := make([]float64, len(cells))
	for i, c := range cells {
		n := r.size[c[0]]
		switch kind {
		case AverageGroup:
			w[i] = n / groups / perGroup[c[0]]
		case AverageCalendar:
			w[i] = n / perPeriod[c[1]] / float64(len(perPeriod))
		default:
			w[i] = n / total
		}
	}
	return w
}

// An Efficient is one estimate of [EfficientRollout].
type Efficient struct {
	Estimate Estimate
	Neyman   float64 // the conservative standard error
	Beta     float64 // the weight of the pre-treatment difference; 1 is difference in differences
	// IsNeyman says that the error is Neyman's, since the refined variance was not positive.
	IsNeyman bool
	// DF is Satterthwaite's degrees of freedom of Neyman's variance, for few units a cohort.
	DF float64

	before float64 // X̂
	vBeta  float64 // the variance of β̂ given the outcomes before
}

// Small is the estimate for few units a cohort. What outcomes before treatment show to
// be heterogeneity is then fitted to noise, and the refined variance too small, so it
// starts from Neyman's; and β is estimated from as few units, which Neyman's leaves out:
//
//	se² = (V + X̂²·V(β̂))·ν/(ν − 1)    df = ν − 1
//	V(β̂) = Σ_g Σ_i (x_i e_i)²/(N_g(N_g − 1))² / V(X̂)²
//
// with V Neyman's variance, ν Satterthwaite's degrees of freedom of it, x_i the unit's
// part in X̂ and e_i that in θ̂₀ − βX̂, from their cohort's mean. With one date it is the
// error of a regression of the mean after on the one before, to the order of 1/n.
func (e Efficient) Small(level float64) Estimate {
	if math.IsInf(e.DF, 1) || !(e.DF > 1) {
		return NewEstimate(e.Estimate.Value, e.Neyman, e.DF, level)
	}
	v := (e.Neyman*e.Neyman + e.before*e.before*e.vBeta) * e.DF / (e.DF - 1)
	return NewEstimate(e.Estimate.Value, math.Sqrt(v), e.DF-1, level)
}

// estimate is the efficient estimator of an average of cells.
func (r *rollout) estimate(cells [][2]int, w []float64, level float64) Efficient {
	theta, x := r.zero(), r.zero()
	first := len(r.starts)
	for i, c := range cells {
		r.comparison(theta, x, w[i], c[0], c[1])
		first = min(first, c[0])
	}
	vx := r.covariance(x, x)
	e := Efficient{}
	if vx > 0 {
		e.Beta = r.covariance(x, theta) / vx
	}
	v := r.covariance(theta, theta) + e.Beta*e.Beta*vx - 2*e.Beta*r.covariance(x, theta)
	e.Neyman = math.Sqrt(max(v, 0))
	e.DF = r.satterthwaite(theta, x, e.Beta)
	e.before, e.vBeta = r.value(x), r.betaVariance(theta, x, e.Beta, vx)
	if refined := v - r.heterogeneity(theta); refined > 1e-12*v {
		v = refined
	} else {
		e.IsNeyman = true // with few units all of it looks like heterogeneity
	}
	e.Estimate = NewEstimate(r.value(theta)-e.Beta*r.value(x), math.Sqrt(max(v, 0)), math.Inf(1), level)
	return e
}

// satterthwaite is V²/Σ(V_g²/(N_g−1)) of the parts V_g that the cohorts have in the
// variance of Σ(A_g − βX_g)'Ȳ_g.
func (r *rollout) satterthwaite(theta, x coefficients, beta float64) float64 {
	total, below := 0.0, 0.0
	for g := range theta {
		a := slices.Clone(theta[g])
		axpy(-beta, x[g], a)
		v := mat.Inner(mat.NewVecDense(len(a), a), r.cov[g], mat.NewVecDense(len(a), a)) / r.size[g]
		total += v
		below += v * v / (r.size[g] - 1)
	}
	if below == 0 {
		return math.Inf(1)
	}
	return total * total / below
}

// betaVariance is Σ_g Σ_i (x_i e_i)²/(N_g(N_g − 1))² / V(X̂)², with the parts x_i of a unit
// in X̂ and e_i in θ̂₀ − βX̂ from their cohort's mean.
func (r *rollout) betaVariance(theta, x coefficients, beta, vx float64) float64 {
	if !(vx > 0) {
		return 0
	}
	total := 0.0
	for g, rows := range r.rows {
		a := slices.Clone(theta[g])
		axpy(-beta, x[g], a)
		sum, mx, me := 0.0, dot(x[g], r.mean[g]), dot(a, r.mean[g])
		for _, y := range rows {
			v := (dot(x[g], y) - mx) * (dot(a, y) - me)
			sum += v * v
		}
		n := r.size[g]
		total += sum / (n * n * (n - 1) * (n - 1))
	}
	return total / (vx * vx)
}

// heterogeneity is the part of Neyman's variance that outcomes before treatment show
// to be variation of effects and not error:
//
//	b'S̄b/N with b = Σ_g (MS_gM')⁺MS_gA_g, M the periods before any cohort starts
//
// over the cohorts from the first that takes part.
func (r *rollout) heterogeneity(theta coefficients) float64 {
	first := 0
	for g := range theta {
		if norm(theta[g]) > 0 {
			first = g
			break
		}
	}
	before := 0
	for before < len(r.times) && r.times[before] < r.starts[first] {
		before++
	}
	if before == 0 {
		return 0
	}
	b := mat.NewVecDense(before, nil)
	average := mat.NewSymDense(before, nil)
	n := 0.0
	for g := first; g < len(r.starts); g++ {
		block := leading(r.cov[g], before)
		var sa, part mat.VecDense
		sa.MulVec(r.cov[g], mat.NewVecDense(len(r.times), theta[g]))
		part.MulVec(pseudoInverse(block), sa.SliceVec(0, before))
		b.AddVec(b, &part)
		average.AddSym(average, block)
		n++
	}
	return mat.Inner(b, average, b) / n / float64(r.units)
}

// EfficientRollout estimates the average effect where the dates of treatment were
// assigned at random. With θ̂₀ the difference in means between cohorts treated and
// not yet treated, averaged over cohorts and periods by kind (simple, group or
// calendar), and X̂ the same difference in the last period before each treatment,
//
//	θ̂ = θ̂₀ − β*X̂    β* = Cov(X̂, θ̂₀)/Var(X̂)
//
// β = 1 is difference in differences and β = 0 compares means; β* is the efficient
// weight under random dates. Variances are Σ_g A_g'S_gA_g/N_g, less what outcomes
// before treatment show to be heterogeneous effects; Neyman's is without it. Cohorts
// of one unit are left out.
//
// It is not valid where dates were chosen: use [Staggered].
//
// Source: J. Roth and P. Sant'Anna, J. Political Economy: Microeconomics 1 (2023)
// 669–709.
func EfficientRollout(p *Panel, kind string, level float64) (Efficient, error) {
	r, cells, err := efficientCells(p, p.First)
	if err != nil {
		return Efficient{}, err
	}
	return r.estimate(cells, r.weights(kind, cells), level), nil
}

func efficientCells(p *Panel, first []float64) (*rollout, [][2]int, error) {
	r, err := newRollout(p, first)
	if err != nil {
		return nil, nil, err
	}
	cells := r.identified()
	if len(cells) == 0 {
		return nil, nil, fmt.Errorf("%w: no period has treated and untreated cohorts", ErrNoComparison)
	}
	return r, cells, nil
}
