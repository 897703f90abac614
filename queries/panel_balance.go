package queries

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"dials/queries/evidence"
	"dials/queries/impact"
)

// recent is the number of months before a launch that are held against the earlier
// ones: units that start when they are at their worst come back by themselves.
const recent = 6

// traits are what units were like before the launch: on the base months the dial's
// level, trend and, where there are enough months, how the last ones differ from the
// earlier ones; and the unit's size, where that is known for all.
func (p *panel) traits() (names []string, x [][]float64) {
	base := p.alikeOn()
	level, trend, size := make([]float64, len(p.units)), make([]float64, len(p.units)), make([]float64, len(p.units))
	sized := true
	for i, u := range p.units {
		level[i], trend[i] = p.of(i, base), slopeOf(p.y[i], base)
		switch {
		case u.Heads != nil && *u.Heads > 0:
			size[i] = math.Log(*u.Heads)
		default:
			sized = false
		}
	}
	names, x = []string{"level", "trend"}, [][]float64{level, trend}
	if n := len(base) - recent; n >= recent && !p.isChosen() {
		dip := make([]float64, len(p.units))
		for i := range p.units {
			dip[i] = p.of(i, base[n:]) - p.of(i, base[:n])
		}
		names, x = append(names, "recent months"), append(x, dip)
	}
	if sized {
		names, x = append(names, "size"), append(x, size)
	}
	return names, x
}

// slopeOf is the least squares slope of y per month over some months.
func slopeOf(y []float64, months []int) float64 {
	mt, my := 0.0, 0.0
	for _, t := range months {
		mt += float64(t)
		my += y[t]
	}
	n := float64(len(months))
	mt, my = mt/n, my/n
	num, den := 0.0, 0.0
	for _, t := range months {
		num += (float64(t) - mt) * (y[t] - my)
		den += (float64(t) - mt) * (float64(t) - mt)
	}
	if den == 0 {
		return 0
	}
	return num / den
}

// compare looks at what the groups were like before the launch, and returns
// weights of units where the comparison needs them and the estimator takes them.
func (s *study) compare(p *panel, mustMatch, mayWeight bool) []float64 {
	treated, comparison := p.counts()
	if comparison == 0 { // those that start later are compared with
		for i := range p.units {
			if !p.leads(i) {
				comparison++
			}
		}
	}
	g := &evidence.GroupFacts{Treated: treated, Comparison: comparison}
	s.Trial.Groups = g
	s.Trial.Series = &evidence.SeriesFacts{Pre: len(p.base()), Post: len(p.months) - p.launch, HasSeason: true, IsSmallSample: true}
	names, x := p.traits()
	limit := evidence.SMDLimit(treated, comparison)
	g.Balance = imbalances(p, names, x, nil)
	alike := true
	for _, b := range g.Balance {
		alike = alike && math.Abs(b.SMD) < limit
	}
	for _, b := range g.Balance {
		s.points = append(s.points, point{Kind: "balance", Name: b.Name, Value: known(b.SMD)})
	}
	var weights []float64
	if mayWeight && (!alike || mustMatch) {
		if weights = balancing(p, names, x, alikeEnough*limit); weights != nil {
			g.IsWeighted = true
			g.Balance = imbalances(p, names, x, weights)
			for i, b := range g.Balance {
				s.points[len(s.points)-len(g.Balance)+i].Other = known(b.SMD)
			}
			if s.Trial.Selection != nil {
				s.Trial.Selection.IsMatched = true
			}
		}
	}
	s.drift(p, weights)
	return weights
}

// imbalances are standardised mean differences, by the pooled deviation of both
// groups without weights.
func imbalances(p *panel, names []string, x [][]float64, weights []float64) []evidence.Imbalance {
	out := make([]evidence.Imbalance, len(names))
	for k, v := range x {
		var in, off, w []float64
		for i := range p.units {
			switch {
			case p.leads(i):
				in = append(in, v[i])
			default:
				off = append(off, v[i])
				if weights != nil {
					w = append(w, weights[i])
				}
			}
		}
		s1, s0 := varianceOf(in), varianceOf(off)
		sd := math.Sqrt((s1 + s0) / 2)
		if len(in) < 2 {
			sd = math.Sqrt(s0)
		}
		out[k] = evidence.Imbalance{Name: names[k]}
		m := meanOf(off, w)
		d, rounding := meanOf(in, nil)-m, 1e-9*(1+math.Abs(m))
		switch {
		case sd > rounding:
			out[k].SMD = d / sd
		case math.Abs(d) > rounding:
			out[k].SMD = math.Copysign(99, d) // alike within, apart between
		}
	}
	return out
}

// ridges spread weights over more units, the first ones most: the first that leaves
// the groups alike is taken. More weight on fewer units than that buys nothing but noise.
func ridges() []float64 { return []float64{20, 10, 5, 2, 1, 0.5, 0.2} }

// alikeEnough is how far within the limit of balance weights must bring the groups.
const alikeEnough = 0.8

// balancing weights the comparison units so that their traits are those of the
// treated: by least squares over weights that are not negative and sum to their number. Treated
// units weigh 1. Weights are spread as evenly as differences within limit allow. It is nil
// where there is nothing to weight.
func balancing(p *panel, names []string, x [][]float64, limit float64) []float64 {
	var columns [][]float64
	var who []int
	target := make([]float64, len(x))
	treated, _ := p.counts()
	scaled := make([][]float64, len(x))
	for k, v := range x {
		m, sd := meanOf(v, nil), math.Sqrt(varianceOf(v))
		scaled[k] = make([]float64, len(v))
		for i := range v {
			if sd > 0 {
				scaled[k][i] = (v[i] - m) / sd
			}
			if p.isTreated(i) {
				target[k] += scaled[k][i] / float64(treated)
			}
		}
	}
	for i := range p.units {
		if p.isTreated(i) {
			continue
		}
		c := make([]float64, len(x))
		for k := range x {
			c[k] = scaled[k][i]
		}
		columns, who = append(columns, c), append(who, i)
	}
	if len(who) < 2 {
		return nil
	}
	columns, who = nearest(columns, who, target)
	var out []float64
	for _, ridge := range ridges() {
		w, err := impact.SimplexLeastSquares(columns, target, ridge)
		if err != nil {
			return out
		}
		out = p.spread(w, who)
		alike := true
		for _, b := range imbalances(p, names, x, out) {
			alike = alike && math.Abs(b.SMD) < limit
		}
		if alike {
			break
		}
	}
	return out
}

// spread lays weights of some units, which sum to 1, out over all units: their mean is 1,
// treated units weigh 1.
func (p *panel) spread(w []float64, who []int) []float64 {
	out := make([]float64, len(p.units))
	for i := range out {
		if p.isTreated(i) {
			out[i] = 1
		}
	}
	for k, i := range who {
		out[i] = w[k] * float64(len(who))
		if w[k] < 1e-8 {
			out[i] = 0
		}
	}
	return out
}

// maxDonors bounds the units that are weighted: the problem grows with their square.
const maxDonors = 1000

// nearest keeps the units whose traits are nearest to the target.
func nearest(columns [][]float64, who []int, target []float64) ([][]float64, []int) {
	if len(who) <= maxDonors {
		return columns, who
	}
	order := make([]int, len(who))
	far := make([]float64, len(who))
	for i, c := range columns {
		order[i] = i
		for k, v := range c {
			far[i] += (v - target[k]) * (v - target[k])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(far[a], far[b]) })
	near, units := make([][]float64, maxDonors), make([]int, maxDonors)
	for i := range maxDonors {
		near[i], units[i] = columns[order[i]], who[order[i]]
	}
	return near, units
}

// drift is the difference in trend before the launch that a test of 80 % power
// would have seen, per month.
//
//	(t_.975 + t_.8)·se    se² = s₁²/n₁ + s₀²·Σw²
func (s *study) drift(p *panel, weights []float64) {
	g := s.Trial.Groups
	base := p.base()
	if len(base) < minBase || g.Treated+g.Comparison < 4 {
		return
	}
	slopes := make([]float64, len(p.units))
	for i := range slopes {
		slopes[i] = slopeOf(p.y[i], base)
	}
	apart, se, df, ok := p.compareMeans(slopes, weights)
	if !ok {
		return
	}
	t := distuv.StudentsT{Sigma: 1, Nu: df}
	g.Drift, g.HasDrift = (t.Quantile(0.975)+t.Quantile(0.8))*se, true
	g.TrendP, g.HasTrend = 1, true
	g.Exposure, _ = p.exposure()
	check := impact.Check{Name: "pre-trend", Statistic: apart, DF: df, P: 1, Passed: true, Note: "Difference in trend per month before the launch."}
	if se > 0 {
		check.P = 2 * t.Survival(math.Abs(apart)/se)
		check.Passed = check.P >= 0.05
		g.TrendP = check.P
	}
	if weights != nil {
		if d, e, df, _ := p.compareMeans(slopes, nil); e > 0 {
			g.TrendP = min(g.TrendP, 2*distuv.StudentsT{Sigma: 1, Nu: df}.Survival(math.Abs(d)/e))
		}
	}
	s.checks = append(s.checks, check)
}

// compareMeans is the difference between the groups in the means of something of
// the units, with its error and Satterthwaite's degrees of freedom:
//
//	se² = s₁²/n₁ + s₀²/n₀    n₀ = (Σw)²/Σw² under weights
//	df = se⁴/((s₁²/n₁)²/(n₁ − 1) + (s₀²/n₀)²/(n₀ − 1))
//
// Of fewer than minSpread units one cannot tell how much they vary: they are then taken to vary
// as all do, s² pooled, with n − 2 degrees of freedom.
func (p *panel) compareMeans(x, weights []float64) (apart, se, df float64, ok bool) {
	var in, off, w []float64
	for i, v := range x {
		if p.leads(i) {
			in = append(in, v)
			continue
		}
		off = append(off, v)
		if weights != nil {
			w = append(w, weights[i])
		}
	}
	if len(off) < 2 || len(in) == 0 {
		return 0, 0, 0, false
	}
	n1, n0 := float64(len(in)), float64(len(off))
	apart = meanOf(in, nil) - meanOf(off, w)
	s1, s0 := varianceOf(in), varianceOf(off)
	pooled := ((n1-1)*s1 + (n0-1)*s0) / (n1 + n0 - 2)
	df = n1 + n0 - 2
	if w != nil {
		sum, square := 0.0, 0.0
		for _, v := range w {
			sum += v
			square += v * v
		}
		n0 = sum * sum / square
	}
	if len(in) < minSpread || n0 < minSpread {
		return apart, math.Sqrt(pooled * (1/n1 + 1/n0)), df, true
	}
	a, b := s1/n1, s0/n0
	if a+b > 0 {
		df = (a + b) * (a + b) / (a*a/(n1-1) + b*b/(n0-1))
	}
	return apart, math.Sqrt(a + b), df, true
}

// minSpread is the fewest units that show how much they vary.
const minSpread = 5

func meanOf(x, w []float64) float64 {
	sum, n := 0.0, 0.0
	for i, v := range x {
		k := 1.0
		if w != nil {
			k = w[i]
		}
		sum += k * v
		n += k
	}
	return sum / n
}

// varianceOf has the divisor n − 1; it is 0 for fewer than two values.
func varianceOf(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	m, s := meanOf(x, nil), 0.0
	for _, v := range x {
		s += (v - m) * (v - m)
	}
	return s / float64(len(x)-1)
}
