package impact

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Estimands of the designs for individuals.
const (
	ATE = "ate" // everybody
	ATT = "att" // those treated
	ATC = "atc" // those not treated
)

// matchTie is how much further than the k-th nearest a row may be and still count
// as tied with it, in squared units of the metric.
const matchTie = 1e-5

// MatchOptions are the choices of [Match]; the zero value is one neighbour, the
// effect on the treated, the inverse-variance metric and the population error,
// heteroskedastic.
type MatchOptions struct {
	Estimand    string // ate, att (the default) or atc
	Neighbours  int    // 0: 1; all rows tied with the last one are kept as well
	Mahalanobis bool   // the metric is the inverse covariance, not the inverse variances
	BiasAdjust  bool   // correct for what is left of the distance by regression
	// Sample gives the error of the effect in this sample of units; otherwise it is
	// that of the population they come from.
	Sample bool
	// Homoskedastic takes one variance of the outcome, from the differences within
	// matches; otherwise each row has its own, from VarianceNeighbours rows of its
	// own group.
	Homoskedastic      bool
	VarianceNeighbours int     // 0: 1
	Level              float64 // 0: 0.95
}

// A Matched is an effect by matching, and who stood in for whom.
type Matched struct {
	Effect  Estimate
	Treated int
	Control int
	// Used is how often each row stands in for a row of the other group, a share
	// where several are tied.
	Used []float64
	// Weights make the weighted means of the groups differ by the effect before
	// bias adjustment: 1 (or 0) for a row whose effect is wanted, plus Used.
	Weights []float64
	Pairs   int // matches, ties included
}

// Match estimates a treatment effect by nearest-neighbour matching with
// replacement, keeping all ties at equal weight.
//
//	τ̂ = 1/N Σ (Ŷᵢ(1) − Ŷᵢ(0))   Ŷᵢ(other) = mean of Y over the k nearest of the other group
//	K(i) = Σ over matched j of 1/#matches(j)   K'(i) = Σ 1/#matches(j)²
//	sample:     V = 1/N² Σ (1 + K)² σ²ᵢ                         (att: treated once, controls K²)
//	population: V = 1/N² [Σ (τ̂ᵢ − τ̂)² + Σ (K² + 2K − K') σ²ᵢ]  (att: K² − K' over controls)
//	σ²ᵢ = variance (n−1) of Y over row i and the J nearest of its own group  or,
//	      homoskedastic, ½ mean over matches of (difference − τ̂)²
//
// With BiasAdjust, Ŷᵢ adds β̂'(xᵢ − x̄ of its matches), β̂ from a regression in the
// other group weighted by K. y and treated hold one value per row, x one column per
// covariate in any unit: distances are in standard deviations (n−1).
//
// It returns ErrNoComparison if a group is empty, ErrTooFew if a group has fewer
// rows than neighbours, ErrNotFinite, a [CollinearError] where a metric or a
// regression is singular, and an error that names a covariate that is constant.
//
// Source: A. Abadie & G. Imbens, Econometrica 74 (2006) 235–267 and Journal of
// Business & Economic Statistics 29 (2011) 1–11; A. Abadie, D. Drukker, J. Herr &
// G. Imbens, Stata Journal 4 (2004) 290–311.
func Match(y, treated []float64, x [][]float64, names []string, o MatchOptions) (*Matched, error) {
	m, err := newMatcher(y, treated, x, names, &o)
	if err != nil {
		return nil, err
	}
	m.find()
	if o.BiasAdjust {
		if err := m.adjust(); err != nil {
			return nil, err
		}
	}
	value := m.effect()
	variance, err := m.variance(value)
	if err != nil {
		return nil, err
	}
	out := &Matched{Used: m.used, Weights: make([]float64, m.n), Pairs: m.pairs}
	for i, d := range treated {
		if d == 1 {
			out.Treated++
		} else {
			out.Control++
		}
		out.Weights[i] = m.used[i]
		if m.wanted[i] {
			out.Weights[i]++
		}
	}
	out.Effect = NewEstimate(value, math.Sqrt(variance), math.Inf(1), o.Level)
	return out, nil
}

// A matcher holds one matching: the scaled covariates row by row, and what was
// found for each row.
type matcher struct {
	o       MatchOptions
	n, k    int
	y, d    []float64
	x       [][]float64 // columns as given
	names   []string
	rows    []float64 // n×k, in units of the metric
	arm     [2][]int  // rows of the untreated and of the treated
	wanted  []bool    // rows whose effect is averaged
	matches [][]int
	used    []float64 // K
	squares []float64 // K'
	gain    []float64 // τ̂ᵢ
	beta    [2][]float64
	pairs   int
}

// newMatcher fills in the defaults of o and refuses what cannot be matched.
func newMatcher(y, treated []float64, x [][]float64, names []string, o *MatchOptions) (*matcher, error) {
	if o.Estimand == "" {
		o.Estimand = ATT
	}
	if !slices.Contains([]string{ATE, ATT, ATC}, o.Estimand) {
		return nil, fmt.Errorf("no estimand %q; there are ate, att, atc", o.Estimand)
	}
	o.Neighbours, o.VarianceNeighbours = max(o.Neighbours, 1), max(o.VarianceNeighbours, 1)
	if o.Level == 0 {
		o.Level = 0.95
	}
	if err := checkGroups(y, treated, x, names); err != nil {
		return nil, err
	}
	if len(x) == 0 {
		return nil, errors.New("matching needs covariates to match on")
	}
	m := &matcher{o: *o, n: len(y), k: len(x), y: y, d: treated, x: x, names: names, wanted: make([]bool, len(y))}
	for i, d := range treated {
		m.arm[int(d)] = append(m.arm[int(d)], i)
		m.wanted[i] = o.Estimand == ATE || (o.Estimand == ATT) == (d == 1)
	}
	for g, label := range []string{"untreated", "treated"} {
		needed := 0
		if o.Estimand == ATE || (o.Estimand == ATT) == (g == 0) {
			needed = o.Neighbours
		}
		if !o.Homoskedastic {
			needed = max(needed, o.VarianceNeighbours+1)
		}
		if len(m.arm[g]) < needed {
			return nil, fmt.Errorf("%w: %d rows are %s and %d are needed for %d neighbours", ErrTooFew, len(m.arm[g]), label, needed, o.Neighbours)
		}
	}
	return m, m.scale()
}

// checkGroups refuses what no comparison of two groups can use.
func checkGroups(y, treated []float64, x [][]float64, names []string) error {
	if len(y) != len(treated) {
		return fmt.Errorf("outcome has %d rows where treatment has %d", len(y), len(treated))
	}
	if err := checkBinary(treated, x, names, nil); err != nil {
		return err
	}
	if i := notFinite(y); i >= 0 {
		return fmt.Errorf("outcome, row %d: %w", i+1, ErrNotFinite)
	}
	if lo, hi := bounds(y); lo == hi {
		return ErrConstant
	}
	return nil
}

// scale puts the covariates in units of the metric: standard deviations, or the
// square root of the inverse covariance.
func (m *matcher) scale() error {
	z := make([][]float64, m.k)
	for j, col := range m.x {
		center, sd := mean(col), math.Sqrt(variance(col))
		if lo, hi := bounds(col); lo == hi || sd == 0 {
			return fmt.Errorf("column %q is constant; drop it from the covariates", m.names[j])
		}
		z[j] = make([]float64, m.n)
		for i, v := range col {
			z[j][i] = (v - center) / sd
		}
	}
	if m.o.Mahalanobis {
		q := make([][]float64, m.k)
		for j := range z {
			q[j] = slices.Clone(z[j])
		}
		// The columns of Q are orthonormal: ‖qᵢ−qⱼ‖²·N is the Mahalanobis distance.
		f, err := leastSquares(make([]float64, m.n), q, m.names, nil)
		if err != nil {
			return err
		}
		z = f.q
		for j := range z {
			scale(math.Sqrt(float64(m.n)), z[j])
		}
	}
	m.rows = make([]float64, m.n*m.k)
	for j, col := range z {
		for i, v := range col {
			m.rows[i*m.k+j] = v
		}
	}
	return nil
}

// nearest lists the rows of a pool whose distance to row i is at most that of the
// k-th nearest, ties included; the row itself never counts.
func (m *matcher) nearest(i, k int, pool []int, distance []float64) []int {
	best := make([]float64, 0, k)
	own := m.rows[i*m.k : (i+1)*m.k]
	for p, r := range pool {
		if r == i {
			distance[p] = math.Inf(1)
			continue
		}
		d := 0.0
		for j, v := range m.rows[r*m.k : (r+1)*m.k] {
			d += (v - own[j]) * (v - own[j])
		}
		distance[p] = d
		if len(best) == k && d >= best[k-1] {
			continue
		}
		at, _ := slices.BinarySearch(best, d)
		if len(best) < k {
			best = append(best, 0)
		}
		copy(best[at+1:], best[at:])
		best[at] = d
	}
	limit := best[len(best)-1] + matchTie
	var out []int
	for p, r := range pool {
		if distance[p] <= limit {
			out = append(out, r)
		}
	}
	return out
}

// find matches every wanted row with rows of the other group.
func (m *matcher) find() {
	m.matches = make([][]int, m.n)
	m.used, m.squares, m.gain = make([]float64, m.n), make([]float64, m.n), make([]float64, m.n)
	eachChunk(m.n, func(lo, hi int) {
		distance := make([]float64, m.n)
		for i := lo; i < hi; i++ {
			if m.wanted[i] {
				m.matches[i] = m.nearest(i, m.o.Neighbours, m.arm[1-int(m.d[i])], distance)
			}
		}
	})
	for i, found := range m.matches {
		m.pairs += len(found)
		for _, r := range found {
			share := 1 / float64(len(found))
			m.used[r] += share
			m.squares[r] += share * share
			m.gain[i] += share * m.pair(i, r)
		}
	}
}

// pair is the effect that row i and its match r give, bias adjustment included.
func (m *matcher) pair(i, r int) float64 {
	e := m.y[i] - m.y[r]
	for j, b := range m.beta[int(m.d[r])] {
		e -= b * (m.x[j][i] - m.x[j][r])
	}
	if m.d[i] == 0 {
		return -e
	}
	return e
}

// slopes regresses the outcome on the covariates in one group, weighted by K.
func (m *matcher) slopes(group int) ([]float64, error) {
	var y []float64
	cols := make([][]float64, m.k+1)
	names := append([]string{"const"}, m.names...)
	for _, i := range m.arm[group] {
		if m.used[i] == 0 {
			continue
		}
		root := math.Sqrt(m.used[i])
		y = append(y, root*m.y[i])
		cols[0] = append(cols[0], root)
		for j := range m.k {
			cols[j+1] = append(cols[j+1], root*m.x[j][i])
		}
	}
	f, err := leastSquares(y, cols, names, nil)
	if err != nil {
		return nil, fmt.Errorf("bias adjustment among the %s: %w", []string{"untreated", "treated"}[group], err)
	}
	return f.coef[1:], nil
}

// adjust removes from each row's effect what its distance to its matches explains.
func (m *matcher) adjust() error {
	for group := range 2 {
		if m.o.Estimand == ATT && group == 1 || m.o.Estimand == ATC && group == 0 {
			continue
		}
		beta, err := m.slopes(group)
		if err != nil {
			return err
		}
		m.beta[group] = beta
	}
	for i, found := range m.matches {
		m.gain[i] = 0
		for _, r := range found {
			m.gain[i] += m.pair(i, r) / float64(len(found))
		}
	}
	return nil
}

func (m *matcher) effect() float64 {
	total, n := 0.0, 0.0
	for i, w := range m.wanted {
		if w {
			total += m.gain[i]
			n++
		}
	}
	return total / n
}
