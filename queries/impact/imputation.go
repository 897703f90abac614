package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// An imputation is the regression of untreated rows on unit and period effects and
// covariates, from which the outcome that treated rows would have had is imputed.
// Unit effects are concentrated out; what is left has a column per period and
// covariate.
type imputation struct {
	unit, time []int
	units      int
	periods    int
	x          [][]float64
	w          []float64 // nil: 1
	untreated  []bool

	unitWeight []float64
	inverse    *mat.SymDense // of the reduced normal equations
}

func newImputation(unit, time Key, x [][]float64, w []float64, untreated []bool) *imputation {
	m := &imputation{unit: unit.Codes, time: time.Codes, units: unit.Levels(), periods: time.Levels(), x: x, w: w, untreated: untreated}
	m.unitWeight = make([]float64, m.units)
	k := m.periods + len(x)
	gram := square(k)
	z := make([]float64, k)
	for c, rows := range rowsBy(unit) {
		cross := make([]float64, k) // Σ_i w·z of the unit
		for _, i := range rows {
			if !m.untreated[i] {
				continue
			}
			w := m.weight(i)
			m.unitWeight[c] += w
			m.add(cross, i, w)
			clear(z)
			m.add(z, i, 1)
			axpy(w, z, gram[m.time[i]])
			for j, col := range m.x {
				axpy(w*col[i], z, gram[m.periods+j])
			}
		}
		for a, v := range cross {
			if v != 0 {
				axpy(-v/m.unitWeight[c], cross, gram[a])
			}
		}
	}
	s := mat.NewSymDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			s.SetSym(a, b, (gram[a][b]+gram[b][a])/2)
		}
	}
	m.inverse = pseudoInverse(scaleFree(s))
	unscale(m.inverse, s)
	return m
}

// scaleFree divides a symmetric matrix by the roots of its diagonal.
func scaleFree(s *mat.SymDense) *mat.SymDense {
	k := s.SymmetricDim()
	out := mat.NewSymDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			if d := s.At(a, a) * s.At(b, b); d > 0 {
				out.SetSym(a, b, s.At(a, b)/math.Sqrt(d))
			}
		}
	}
	return out
}

// unscale turns an inverse of scaleFree(s) into one of s.
func unscale(inv, s *mat.SymDense) {
	k := s.SymmetricDim()
	for a := range k {
		for b := a; b < k; b++ {
			if d := s.At(a, a) * s.At(b, b); d > 0 {
				inv.SetSym(a, b, inv.At(a, b)/math.Sqrt(d))
			}
		}
	}
}

func (m *imputation) weight(i int) float64 {
	if m.w == nil {
		return 1
	}
	return m.w[i]
}

// add adds v times row i's columns to a vector.
func (m *imputation) add(to []float64, i int, v float64) {
	to[m.time[i]] += v
	for j, x := range m.x {
		to[m.periods+j] += v * x[i]
	}
}

// solve finds the coefficients θ with X₀'WX₀ θ = Σ_i c_i x_i over some rows, and
// returns x_i'θ for every row.
func (m *imputation) solve(c []float64) []float64 {
	k := m.periods + len(m.x)
	rhsUnit := make([]float64, m.units)
	rhs := make([]float64, k)
	for i, v := range c {
		if v == 0 {
			continue
		}
		rhsUnit[m.unit[i]] += v
		m.add(rhs, i, v)
	}
	// Subtract what the units' effects take.
	for i, u := range m.untreated {
		if u {
			m.add(rhs, i, -m.weight(i)*rhsUnit[m.unit[i]]/m.unitWeight[m.unit[i]])
		}
	}
	var b mat.VecDense
	b.MulVec(m.inverse, mat.NewVecDense(k, rhs))
	alpha := append([]float64(nil), rhsUnit...)
	theta := b.RawVector().Data
	fitted := func(i int) float64 {
		f := theta[m.time[i]]
		for j, x := range m.x {
			f += theta[m.periods+j] * x[i]
		}
		return f
	}
	for i, u := range m.untreated {
		if u {
			alpha[m.unit[i]] -= m.weight(i) * fitted(i)
		}
	}
	for u, w := range m.unitWeight {
		if w > 0 {
			alpha[u] /= w
		}
	}
	out := make([]float64, len(m.unit))
	for i := range out {
		out[i] = alpha[m.unit[i]] + fitted(i)
	}
	return out
}

// An Imputed is the result of [Impute]: the effect on each treated row and what is
// needed for the error of any average of them.
type Imputed struct {
	Effects []float64 // per row: outcome less its imputation; NaN where untreated or not imputable
	Lost    int       // treated rows that could not be imputed

	model *imputation
	y     []float64
	fit   []float64
	cell  []int // cohort × period of treated rows
	group []int // clusters
	count int
	cells int
}

// Impute estimates the effect on every treated row by imputing its untreated outcome
// from unit effects, period effects and covariates fitted on the untreated rows alone:
//
//	Ŷ_it(0) = α̂ᵢ + λ̂ₜ + x_it'β̂    τ̂_it = Y_it − Ŷ_it(0)
//
// It uses all periods before treatment and is efficient if errors are independent. A
// treated row is lost if its unit or its period has no untreated row. cohort gives the
// first treated period per row; cluster the cluster per row.
//
// Source: K. Borusyak, X. Jaravel and J. Spiess, Review of Economic Studies 91 (2024)
// 3253–3285.
func Impute(y []float64, x [][]float64, w []float64, unit, time Key, cohort []float64, treated, untreated []bool, cluster Key) (*Imputed, error) {
	rows, periods := make([]bool, unit.Levels()), make([]bool, time.Levels())
	n := 0
	for i, u := range untreated {
		if u {
			rows[unit.Codes[i]], periods[time.Codes[i]] = true, true
			n++
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("%w: no untreated row", ErrNoComparison)
	}
	im := &Imputed{Effects: make([]float64, len(y)), y: y, group: cluster.Codes, count: cluster.Levels(), cell: make([]int, len(y))}
	im.model = newImputation(unit, time, x, w, untreated)
	c := make([]float64, len(y))
	for i := range y {
		if untreated[i] {
			c[i] = im.model.weight(i) * y[i]
		}
	}
	im.fit = im.model.solve(c)
	cells := map[[2]float64]int{}
	usable := 0
	for i := range y {
		im.Effects[i] = math.NaN()
		if !treated[i] {
			continue
		}
		if !rows[unit.Codes[i]] || !periods[time.Codes[i]] {
			im.Lost++
			continue
		}
		im.Effects[i] = y[i] - im.fit[i]
		at := [2]float64{cohort[i], float64(time.Codes[i])}
		if _, ok := cells[at]; !ok {
			cells[at] = len(cells)
		}
		im.cell[i] = cells[at]
		usable++
	}
	im.cells = len(cells)
	if usable == 0 {
		return nil, fmt.Errorf("%w: no treated row has an untreated row of its unit and of its period", ErrNoComparison)
	}
	return im, nil
}

// Average is Σ w_i τ̂_i over treated rows and its error. With v_i the weight of each
// row's outcome in the average (w on treated rows, what the imputation puts on
// untreated ones) and ε̂ the residual, on treated rows that from the v²-weighted mean
// of its cohort and period,
//
//	V = Σ_clusters (Σ_i v_i ε̂_i)²
//
// which is conservative: effects that differ within a cohort and period count as
// noise. It also returns the v.
func (im *Imputed) Average(w []float64, level float64) (Estimate, []float64) {
	value := 0.0
	c := make([]float64, len(w))
	for i, wi := range w {
		if wi != 0 {
			value += wi * im.Effects[i]
			c[i] = wi
		}
	}
	v := im.model.solve(c)
	num, den := make([]float64, im.cells), make([]float64, im.cells)
	for i := range v {
		switch {
		case w[i] != 0:
			v[i] = w[i]
			num[im.cell[i]] += w[i] * w[i] * im.Effects[i]
			den[im.cell[i]] += w[i] * w[i]
		case im.model.untreated[i]:
			v[i] *= -im.model.weight(i)
		default:
			v[i] = 0
		}
	}
	sums := make([]float64, im.count)
	for i := range v {
		if v[i] == 0 {
			continue
		}
		e := im.y[i] - im.fit[i]
		if w[i] != 0 {
			e -= num[im.cell[i]] / den[im.cell[i]]
		}
		sums[im.group[i]] += v[i] * e
	}
	return NewEstimate(value, norm(sums), math.Inf(1), level), v
}
