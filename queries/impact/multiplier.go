package impact

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Band is a bootstrap of several estimates at once.
type Band struct {
	StdErr   []float64 // per estimate, from the interquartile range of the draws
	Critical float64   // all |estimate − truth| ≤ Critical·StdErr at once
}

// Multiplier bootstraps estimates from their influence functions: each draw multiplies
// the units' (or clusters') ψ by independent ±1,
//
//	θ* − θ = (1/n) Σ_i v_i ψ_i
//
// The standard error is the interquartile range of the draws over that of the normal;
// the critical value is the level-quantile of max_j |θ*_j − θ_j|/se_j. A nil influence
// function has a NaN error. The draws depend on the seed alone.
//
// Source: B. Callaway and P. Sant'Anna, J. Econometrics 225 (2021) 200–230, §4.2.
func (s *GroupTime) Multiplier(psis [][]float64, draws int, seed uint64) Band {
	band := Band{StdErr: make([]float64, len(psis)), Critical: math.NaN()}
	var live []int
	for j, p := range psis {
		band.StdErr[j] = math.NaN()
		if p != nil {
			live = append(live, j)
		}
	}
	if len(live) == 0 || draws < 2 {
		return band
	}
	n := len(s.clusterSums(psis[live[0]]))
	psi := mat.NewDense(n, len(live), nil)
	for c, j := range live {
		psi.SetCol(c, s.clusterSums(psis[j]))
	}
	random := rand.New(rand.NewPCG(seed, 3))
	tops := make([]float64, 0, draws)
	all := mat.NewDense(draws, len(live), nil)
	const block = 128
	for from := 0; from < draws; from += block {
		rows := min(block, draws-from)
		v := mat.NewDense(rows, n, nil)
		raw := v.RawMatrix().Data
		for i := 0; i < len(raw); i += 64 {
			bits := random.Uint64()
			for b := i; b < min(i+64, len(raw)); b++ {
				raw[b] = 1 - 2*float64(bits&1)
				bits >>= 1
			}
		}
		part := all.Slice(from, from+rows, 0, len(live)).(*mat.Dense)
		part.Mul(v, psi)
	}
	iqr := distuv.UnitNormal.Quantile(0.75) - distuv.UnitNormal.Quantile(0.25)
	column := make([]float64, draws)
	for c, j := range live {
		mat.Col(column, c, all)
		slices.Sort(column)
		band.StdErr[j] = (sortedQuantile(column, 0.75) - sortedQuantile(column, 0.25)) / iqr / float64(s.Units)
	}
	for d := range draws {
		top := 0.0
		for c, j := range live {
			if se := band.StdErr[j]; se > 0 {
				top = max(top, math.Abs(all.At(d, c))/float64(s.Units)/se)
			}
		}
		tops = append(tops, top)
	}
	slices.Sort(tops)
	band.Critical = sortedQuantile(tops, s.Options.Level)
	return band
}

// sortedQuantile is the quantile of sorted values by R's type 1: the smallest value
// with at least a share p of the values at or below it.
func sortedQuantile(x []float64, p float64) float64 {
	return x[min(max(int(math.Ceil(p*float64(len(x))))-1, 0), len(x)-1)]
}
