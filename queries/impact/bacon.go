package impact

import (
	"fmt"
	"math"
)

// Kinds of two-by-two comparison.
const (
	BaconEarlier = "Earlier vs Later Treated"
	BaconLater   = "Later vs Earlier Treated"
	BaconNever   = "Treated vs Untreated"
	BaconAlways  = "Later vs Always Treated"
)

// A BaconPair is one two-by-two comparison within a two-way fixed-effects estimate.
type BaconPair struct {
	Treated  float64 // first treated period of the treated group
	Control  float64 // of the comparison group; +Inf is never
	Kind     string
	Estimate float64
	Weight   float64
}

// Bacon decomposes the two-way fixed-effects estimate of a balanced panel without
// covariates into all two-by-two differences in differences between groups of one
// first treated period. Σ weight·estimate is the two-way estimate.
//
// first holds the first treated period per unit, +Inf for never, and y the outcome
// per unit and period; times ascend. With n_k the share of units in group k and D̄_k
// the share of periods it is treated, the weights are, before division by their sum,
//
//	k against never      (n_k+n_U)²·n_kU(1−n_kU)·D̄_k(1−D̄_k)
//	early k, later l     ((n_k+n_l)(1−D̄_l))²·n_kl(1−n_kl)·(D̄_k−D̄_l)/(1−D̄_l)·(1−D̄_k)/(1−D̄_l)
//	late l, earlier k    ((n_k+n_l)D̄_k)²·n_kl(1−n_kl)·D̄_l/D̄_k·(D̄_k−D̄_l)/D̄_k
//
// with n_ab = n_a/(n_a+n_b). Units treated in the first period count as always
// treated and serve as a comparison only.
//
// It returns ErrNoComparison if all units share one group.
//
// Source: A. Goodman-Bacon, J. Econometrics 225 (2021) 254–277.
func Bacon(first, times []float64, y [][]float64) ([]BaconPair, error) {
	type group struct {
		start float64
		units []int
		share float64 // of units
		dbar  float64 // of periods treated
		mean  []float64
	}
	seen := map[float64]bool{}
	end := times[len(times)-1]
	at := func(i int) float64 {
		switch {
		case first[i] > end:
			return math.Inf(1)
		case first[i] <= times[0]:
			return times[0]
		}
		return first[i]
	}
	for i := range first {
		seen[at(i)] = true
	}
	starts := sortedKeys(seen)
	if len(starts) < 2 {
		return nil, fmt.Errorf("%w: every unit starts at the same time", ErrNoComparison)
	}
	groups := make([]group, len(starts))
	for g, start := range starts {
		groups[g] = group{start: start, mean: make([]float64, len(times))}
		for i := range first {
			if at(i) == start {
				groups[g].units = append(groups[g].units, i)
			}
		}
		for t, when := range times {
			if when >= start {
				groups[g].dbar++
			}
			for _, i := range groups[g].units {
				groups[g].mean[t] += y[i][t]
			}
			groups[g].mean[t] /= float64(len(groups[g].units))
		}
		groups[g].share = float64(len(groups[g].units)) / float64(len(first))
		groups[g].dbar /= float64(len(times))
	}
	// did compares a and b before and after a's start, over periods in [from, to).
	did := func(a, b group, from, to float64) float64 {
		var s [2]float64
		var n [2]float64
		for t, when := range times {
			if when < from || when >= to {
				continue
			}
			p := 0
			if when >= a.start {
				p = 1
			}
			s[p] += a.mean[t] - b.mean[t]
			n[p]++
		}
		return s[1]/n[1] - s[0]/n[0]
	}
	var pairs []BaconPair
	total := 0.0
	add := func(p BaconPair) {
		if p.Weight > 0 {
			pairs = append(pairs, p)
			total += p.Weight
		}
	}
	inf := math.Inf(1)
	for k, a := range groups {
		if math.IsInf(a.start, 1) {
			continue
		}
		for l, b := range groups {
			if k == l || a.start == times[0] {
				continue
			}
			n := a.share / (a.share + b.share)
			both := a.share + b.share
			switch {
			case math.IsInf(b.start, 1):
				w := both * both * n * (1 - n) * a.dbar * (1 - a.dbar)
				add(BaconPair{a.start, inf, BaconNever, did(a, b, -inf, inf), w})
			case b.start > a.start: // a is earlier; before b starts
				m := both * (1 - b.dbar)
				w := m * m * n * (1 - n) * (a.dbar - b.dbar) / (1 - b.dbar) * (1 - a.dbar) / (1 - b.dbar)
				add(BaconPair{a.start, b.start, BaconEarlier, did(a, b, -inf, b.start), w})
			default: // a is later; after b started
				kind := BaconLater
				if b.start == times[0] {
					kind = BaconAlways
				}
				m := both * b.dbar
				w := m * m * n * (1 - n) * a.dbar / b.dbar * (b.dbar - a.dbar) / b.dbar
				add(BaconPair{a.start, b.start, kind, did(a, b, b.start, inf), w})
			}
		}
	}
	if total == 0 {
		return nil, fmt.Errorf("%w: no two groups can be compared", ErrNoComparison)
	}
	for i := range pairs {
		pairs[i].Weight /= total
	}
	return pairs, nil
}

// bacon decomposes the estimate of a table, which must be a balanced panel without
// weights.
func (t *table) bacon(first []float64) ([]BaconPair, error) {
	if t.weights != nil {
		return nil, fmt.Errorf("the Bacon decomposition takes no weights")
	}
	y, err := t.matrix()
	if err != nil {
		return nil, err
	}
	return Bacon(first, t.time.Values, y)
}

// matrix is the outcome per unit and period of a balanced panel.
func (t *table) matrix() ([][]float64, error) {
	units, periods := t.unit.Levels(), t.time.Levels()
	if units*periods != len(t.outcome) {
		return nil, fmt.Errorf("the panel is not balanced: %d units × %d periods and %d rows", units, periods, len(t.outcome))
	}
	y := make([][]float64, units)
	for i := range y {
		y[i] = t.outcome[i*periods : (i+1)*periods] // rows are sorted
	}
	return y, nil
}

// bacon lists the comparisons and the sum of weights of each kind.
func (r *Report) bacon(pairs []BaconPair, time Periods) {
	byKind := map[string][2]float64{}
	for _, p := range pairs {
		control := "never"
		if !math.IsInf(p.Control, 1) {
			control = time.Label(p.Control)
		}
		name := fmt.Sprintf("%s: %s vs %s", p.Kind, time.Label(p.Treated), control)
		r.Weights = append(r.Weights, Weight{Kind: "bacon", Name: name, Weight: p.Weight, Estimate: p.Estimate})
		k := byKind[p.Kind]
		byKind[p.Kind] = [2]float64{k[0] + p.Weight, k[1] + p.Weight*p.Estimate}
	}
	for _, kind := range []string{BaconEarlier, BaconLater, BaconNever, BaconAlways} {
		if k, ok := byKind[kind]; ok {
			r.Weights = append(r.Weights, Weight{Kind: "bacon", Name: kind, Weight: k[0], Estimate: k[1] / k[0]})
		}
	}
}
