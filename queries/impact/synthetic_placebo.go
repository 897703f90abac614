package impact

import (
	"math"
	"runtime"
	"slices"
	"sync"
)

// A Placebo is what the estimator finds for a unit or a period where nothing
// happened.
type Placebo struct {
	Unit   int     // index of the donor; the treated unit is left out
	Effect float64 // NaN where no synthetic control could be made for the unit
	Ratio  float64 // mean squared gap after by that before; NaN where not known
	Gap    []float64
}

// PlacebosInSpace makes a synthetic control for every donor in turn, as if it had
// been treated when the unit was, from the other donors. The treated unit is never
// a donor.
func PlacebosInSpace(donors [][]float64, before int, o SyntheticOptions) []Placebo {
	out := make([]Placebo, len(donors))
	one := func(j int) (*Synthetic, error) {
		return SyntheticControl(donors[j], without(donors, j), before, o.of(j))
	}
	if len(o.Predictors) == 0 && o.FitFrom == 0 && o.FitTo == 0 && len(donors) <= engineLimit && before > 0 && before < len(donors[0]) {
		one = outcomePlacebos(donors, before)
	}
	eachIndex(len(donors), func(j int) {
		out[j] = Placebo{Unit: j, Effect: math.NaN(), Ratio: math.NaN()}
		if s, err := one(j); err == nil {
			out[j].Effect, out[j].Ratio, out[j].Gap = s.Effect, s.Ratio(), s.Gap
		}
	})
	return out
}

// outcomePlacebos matches each donor's outcomes from one matrix of products.
func outcomePlacebos(donors [][]float64, before int) func(j int) (*Synthetic, error) {
	n := len(donors)
	cut := make([][]float64, n)
	for i, d := range donors {
		cut[i] = d[:before]
	}
	h := make([]float64, n*n)
	eachIndex(n, func(i int) { copy(h[i*n:], gradientOf(cut, cut[i])) })
	return func(j int) (*Synthetic, error) {
		b := Block{Y: append(without(donors, j), donors[j]), Control: n - 1, Before: before}
		if err := b.check(1); err != nil {
			return nil, err
		}
		q := &simplexQP{n: n, h: h, c: h[j*n : (j+1)*n], out: make([]bool, n)}
		q.out[j] = true
		q.ridge(0)
		w, err := q.solve()
		if err != nil {
			return nil, err
		}
		s := &Synthetic{Weights: without(w, j)}
		s.measure(donors[j], without(donors, j), before, 0, before)
		return s, nil
	}
}

// of makes the options of donor j as the treated unit.
func (o SyntheticOptions) of(j int) SyntheticOptions {
	p := make([]Predictor, len(o.Predictors))
	for k, x := range o.Predictors {
		p[k] = Predictor{Name: x.Name, Treated: x.Donors[j], Donors: without(x.Donors, j)}
	}
	o.Predictors = p
	return o
}

// LeaveOneOut makes the synthetic control again without each donor that has weight,
// in the order of donors. Unit is the donor left out.
func LeaveOneOut(target []float64, donors [][]float64, before int, o SyntheticOptions, weights []float64) ([]Placebo, error) {
	var out []Placebo
	for i, w := range weights {
		if w > 1e-6 && len(donors) > 2 {
			out = append(out, Placebo{Unit: i})
		}
	}
	failed := make([]error, len(out))
	eachIndex(len(out), func(k int) {
		i := out[k].Unit
		left := o
		left.Predictors = make([]Predictor, len(o.Predictors))
		for j, x := range o.Predictors {
			left.Predictors[j] = Predictor{Name: x.Name, Treated: x.Treated, Donors: without(x.Donors, i)}
		}
		s, err := SyntheticControl(target, without(donors, i), before, left)
		if failed[k] = err; err == nil {
			out[k].Effect, out[k].Ratio, out[k].Gap = s.Effect, s.Ratio(), s.Gap
		}
	})
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RankP is the share of placebos, the unit itself among them, that are as far from
// 0 as the unit: p = (1 + #{|placebo| ≥ |effect|}) / (N + 1). NaN placebos do not
// count.
func RankP(effect float64, placebos []float64) float64 {
	n, beyond := 0, 0
	for _, v := range placebos {
		if math.IsNaN(v) {
			continue
		}
		n++
		if math.Abs(v) >= math.Abs(effect) {
			beyond++
		}
	}
	return float64(1+beyond) / float64(n+1)
}

// without is x less element i.
func without[T any](x []T, i int) []T { return slices.Delete(slices.Clone(x), i, i+1) }

// eachIndex calls f for 0 … n−1 on all processors. f writes only what belongs to its
// index, so that the result does not depend on their number.
func eachIndex(n int, f func(i int)) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

// eachChunk calls f for the parts of 0 … n−1 on all processors, under the rule of
// eachIndex.
func eachChunk(n int, f func(lo, hi int)) {
	const size = 128
	eachIndex((n+size-1)/size, func(k int) { f(k*size, min(n, (k+1)*size)) })
}
