package queries

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"dials/queries/impact"
)

// A wave is the units that started in one month with those that had not, nor would
// before the last period after.
type wave struct {
	start   int
	in, off []int
}

// wavePeriods is [panel.periods] of a roll-out, by Callaway and Sant'Anna on a
// universal base: in each period, counted from a unit's own start,
//
//	β_q = Σ_g n_g/n·(mean over wave g of (y_q − y₋₁) − the same over those not started)
//	V = Σ_i ψ_i ψ_i'    ψ_i what unit i adds to β, of its own wave and of those it is compared with
//
// Waves that leave too few months or units are left out. It is false where units were chosen on
// the dial, since the months before the starts are then no base.
func (p *panel) wavePeriods() (impact.EventPath, bool) {
	if p.isChosen() {
		return impact.EventPath{}, false
	}
	waves, length, pre, post := p.honestWaves()
	if len(waves) == 0 || pre < leastBefore || post < 1 {
		return impact.EventPath{}, false
	}
	k, total := pre-1+post, 0.0
	for _, w := range waves {
		total += float64(len(w.in))
	}
	path := impact.EventPath{Beta: make([]float64, k), V: mat.NewSymDense(k, nil), Pre: pre - 1, Post: post, Which: make([]float64, post)}
	psi := make([][]float64, len(p.units))
	for i := range psi {
		psi[i] = make([]float64, k)
	}
	for _, w := range waves {
		share := float64(len(w.in)) / total
		p.addSide(path, psi, w.in, w.start, length, pre, share)
		p.addSide(path, psi, w.off, w.start, length, pre, -share)
	}
	for _, u := range psi {
		for a := range k {
			for b := a; b < k; b++ {
				path.V.SetSym(a, b, path.V.At(a, b)+u[a]*u[b])
			}
		}
	}
	for q := range path.Which {
		path.Which[q] = 1 / float64(post)
	}
	return path, true
}

// honestWaves are the waves that can be looked at, with the length of a period and how many there
// are before and after.
func (p *panel) honestWaves() (waves []wave, length, pre, post int) {
	least := len(p.months)
	for _, start := range p.dates() {
		if after := len(p.months) - start; after >= leastPeriod {
			least = min(least, after)
		}
	}
	length = min(max(least/periodsAfter, leastPeriod), mostPeriod, max(p.launch/leastBefore, leastPeriod))
	post = min(least/length, periodsAfter)
	pre = periodsBefore
	for _, start := range p.dates() {
		w := wave{start: start}
		for i, f := range p.first {
			switch {
			case f == start:
				w.in = append(w.in, i)
			case f < 0 || f >= start+post*length:
				w.off = append(w.off, i)
			}
		}
		if len(p.months)-start < post*length || len(w.in) < 2 || len(w.off) < 2 {
			continue
		}
		waves, pre = append(waves, w), min(pre, start/length)
	}
	return waves, length, pre, post
}

// addSide adds sign times the mean of some units' periods around a start, and what each
// unit adds to it.
func (p *panel) addSide(path impact.EventPath, psi [][]float64, units []int, start, length, pre int, sign float64) {
	n := float64(len(units))
	k := len(path.Beta)
	rows, mean := make([][]float64, len(units)), make([]float64, k)
	for j, i := range units {
		block := func(q int) float64 { return meanOf(p.y[i][start+q*length:start+(q+1)*length], nil) }
		for q := -pre; q < path.Post; q++ {
			if q != -1 {
				rows[j] = append(rows[j], block(q)-block(-1))
			}
		}
		for q := range mean {
			mean[q] += rows[j][q] / n
		}
	}
	for q := range mean {
		path.Beta[q] += sign * mean[q]
		for j, i := range units {
			psi[i][q] += sign / n * math.Sqrt(n/(n-1)) * (rows[j][q] - mean[q])
		}
	}
}
