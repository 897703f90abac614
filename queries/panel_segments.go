package queries

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// leastInGroup is the fewest units with the tactic in a group whose effect is told.
const leastInGroup = 3

// segments is the effect in groups of the units with the tactic: by wave, by the unit above, and the
// smaller against the larger half. Of each unit its change against those never treated,
//
//	δ_i = mean over t ≥ f_i of (y_it − ȳ_i − c_t)    c_t their weighted mean change
//
// of each group the mean, with a Welch interval that allows for the comparison units' own
// variation and for how many groups one looks at (Bonferroni). Kinds of points are group-wave,
// group-unit and group-size.
func (s *study) segments(p *panel, weights []float64) {
	off := p.untreated(weights)
	if len(off.units) < 2 {
		return
	}
	for _, by := range []struct {
		kind  string
		label func(i int) string
	}{{"group-wave", p.waveLabel()}, {"group-unit", p.unitLabel}, {"group-size", p.sizeLabel()}} {
		members := map[string][]int{}
		for i := range p.units {
			if !p.isTreated(i) {
				continue
			}
			if name := by.label(i); name != "" {
				members[name] = append(members[name], i)
			}
		}
		var names []string
		for name, units := range members {
			if len(units) >= leastInGroup {
				names = append(names, name)
			}
		}
		if len(names) < 2 {
			continue
		}
		sort.Strings(names)
		for _, name := range names {
			v, se, df := off.effectOn(p, members[name])
			half := se * distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(1-0.025/float64(len(names)))
			s.points = append(s.points, point{
				Kind: by.kind, Name: name, X: ptr(float64(len(members[name]))), Value: known(v), Low: known(v - half), High: known(v + half),
			})
		}
	}
}

// waveLabel numbers the dates; there is none where all start at once.
func (p *panel) waveLabel() func(i int) string {
	dates := p.dates()
	return func(i int) string {
		if len(dates) < 2 {
			return ""
		}
		return fmt.Sprintf("Wave %02d", slices.Index(dates, p.first[i])+1)
	}
}

func (p *panel) unitLabel(i int) string { return text(p.units[i].Group) }

// sizeLabel splits the units with the tactic at their median size; it is of those alone.
func (p *panel) sizeLabel() func(i int) string {
	var heads []float64
	for i, u := range p.units {
		if p.isTreated(i) && u.Heads != nil {
			heads = append(heads, *u.Heads)
		}
	}
	sort.Float64s(heads)
	return func(i int) string {
		h := p.units[i].Heads
		switch {
		case h == nil || heads[0] == heads[len(heads)-1]:
			return ""
		case *h <= heads[(len(heads)-1)/2]:
			return "Smaller units"
		}
		return "Larger units"
	}
}

// compared are the units never treated, each from its own mean on the base months.
type compared struct {
	units  [][]float64 // by month
	weight []float64   // sum 1
	mean   []float64   // by month
}

func (p *panel) untreated(weights []float64) compared {
	base := p.base()
	c := compared{mean: make([]float64, len(p.months))}
	total := 0.0
	for i := range p.units {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		if p.isTreated(i) {
			continue
		}
		own, row := p.of(i, base), make([]float64, len(p.months))
		for t, v := range p.y[i] {
			row[t] = v - own
		}
		c.units, c.weight = append(c.units, row), append(c.weight, w)
		total += w
	}
	for j := range c.weight {
		c.weight[j] /= total
		for t, v := range c.units[j] {
			c.mean[t] += c.weight[j] * v
		}
	}
	return c
}

// effectOn is the mean effect on some units, its error and degrees of freedom.
func (c compared) effectOn(p *panel, units []int) (effect, se, df float64) {
	base := p.base()
	delta := make([]float64, len(units))
	share := make([]float64, len(p.months)) // how much each month counts
	for k, i := range units {
		own := p.of(i, base)
		n := float64(len(p.months) - p.first[i])
		for t := p.first[i]; t < len(p.months); t++ {
			delta[k] += (p.y[i][t] - own - c.mean[t]) / n
			share[t] += 1 / n / float64(len(units))
		}
	}
	own := make([]float64, len(c.units)) // each comparison unit's change over those months
	square := 0.0
	for j, row := range c.units {
		own[j] = dotOf(row, share)
		square += c.weight[j] * c.weight[j]
	}
	v1, v0 := varianceOf(delta)/float64(len(delta)), varianceOf(own)*square
	n1, n0 := float64(len(delta)-1), float64(len(own)-1)
	se = math.Sqrt(v1 + v0)
	if se > 0 {
		df = (v1 + v0) * (v1 + v0) / (v1*v1/n1 + v0*v0/n0)
	}
	return meanOf(delta, nil), se, max(1, df)
}
