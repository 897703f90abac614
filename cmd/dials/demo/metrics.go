package demo

import (
	"math"
	"math/rand/v2"
	"sort"
)

// A panel is one dial, by unit and month.
type panel struct {
	units    []int
	effect   [][]float64 // of the tactic, as a fraction of the value without it
	rival    [][]float64 // of a rival event, likewise
	value    [][]float64
	n        [][]float64 // orders, pieces, calls or answers
	expected func(i, t int) float64
	draws    int // how often the noise was drawn until the groups were alike
}

func (c *company) newPanel(units []int) *panel {
	p := &panel{units: units}
	for range units {
		p.effect = append(p.effect, make([]float64, c.cal.months))
		p.rival = append(p.rival, make([]float64, c.cal.months))
		p.value = append(p.value, make([]float64, c.cal.months))
		p.n = append(p.n, make([]float64, c.cal.months))
	}
	return p
}

// addMetrics simulates the dials, in the order of the cases.
func (c *company) addMetrics() {
	c.chooseUnits()
	c.revenue = c.revenuePanel()
	c.orderTime = c.orderTimePanel()
	c.defects = c.defectsPanel()
	c.handling = c.handlingPanel()
	c.satisfaction = c.satisfactionPanel()
}

// normals returns n standard normal values.
func normals(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// noise returns a panel of autoregressive noise.
func noise(r *rand.Rand, units, months int, sigma, rho float64) [][]float64 {
	x := make([][]float64, units)
	for i := range x {
		x[i] = autoregressive(r, months, sigma, rho)
	}
	return x
}

// Parameters of revenue: log noise, its correlation, the effect and its ramp.
const (
	revenueSigma  = 0.03
	revenueRho    = 0.3
	revenueEffect = 0.06
	revenueRamp   = 4
)

// revenuePanel is revenue of the sales teams. Teams in consultative selling gain
// 6 % after a ramp of four months from their own wave on.
func (c *company) revenuePanel() *panel {
	p := c.newPanel(c.bases[sales])
	season := [12]float64{-.03, -.02, .02, 0, .01, .02, -.03, -.07, .02, .03, .05, .01}
	r := c.key("revenue").generator(0)
	level, eps := c.alike(p, r, .2, revenueSigma, revenueRho, c.waveOf, c.when.waves[0])
	shock := autoregressive(r, c.cal.months, .008, .3)
	p.expected = func(i, t int) float64 {
		size := float64(c.units[p.units[i]].people) * 21000
		return size * math.Exp(level[i]+.0022*float64(t)+season[c.cal.season(t)])
	}
	for i := range p.units {
		for t := range c.cal.months {
			if w := c.waveOf[i]; w > 0 {
				if k := t - c.when.waves[w-1]; k >= 0 {
					p.effect[i][t] = revenueEffect * math.Min(1, float64(k+1)/(revenueRamp+1))
				}
			}
			p.value[i][t] = math.Round(p.expected(i, t) * math.Exp(shock[t]+eps[i][t]) * (1 + p.effect[i][t]))
		}
	}
	return p
}

// alike draws levels of units and their noise until the treated and the others
// are alike before pre: in level, and in the mean and the slope of the noise. What
// comes after pre is not looked at.
func (c *company) alike(p *panel, r *rand.Rand, spread, sigma, rho float64, group []int, pre int) (level []float64, eps [][]float64) {
	for p.draws = 1; ; p.draws++ {
		level = normals(r, len(p.units))
		eps = noise(r, len(p.units), c.cal.months, sigma, rho)
		size := make([]float64, len(level))
		means, slopes := make([]float64, len(level)), make([]float64, len(level))
		for i := range level {
			level[i] *= spread
			size[i] = level[i] + math.Log(float64(c.units[p.units[i]].people))
			means[i] = mean(eps[i][:pre])
			slopes[i] = slope(eps[i][:pre])
		}
		limit := .15 + .02*float64(p.draws/50) // small companies have few units to draw
		if apart(level, group) < limit && apart(size, group) < 2*limit && apart(means, group) < limit && apart(slopes, group) < limit && ordered(level, group) < limit {
			return level, eps
		}
	}
}

// apart returns the standardised difference between units of a group > 0 and the others.
func apart(x []float64, group []int) float64 {
	var in, out []float64
	for i, v := range x {
		if group[i] > 0 {
			in = append(in, v)
		} else {
			out = append(out, v)
		}
	}
	return math.Abs(mean(in)-mean(out)) / deviation(x)
}

// ordered returns how far the number of the wave goes with x.
func ordered(x []float64, group []int) float64 {
	var a, b []float64
	for i, v := range x {
		if group[i] > 0 {
			a, b = append(a, v), append(b, float64(group[i]))
		}
	}
	var cov float64
	ma, mb := mean(a), mean(b)
	for i := range a {
		cov += (a[i] - ma) * (b[i] - mb)
	}
	sd := deviation(a) * deviation(b)
	if sd == 0 {
		return 0
	}
	return math.Abs(cov) / float64(len(a)-1) / sd / 2
}

// slope returns the least squares slope of x over its index.
func slope(x []float64) float64 {
	mid, m := float64(len(x)-1)/2, mean(x)
	var num, den float64
	for i, v := range x {
		d := float64(i) - mid
		num += d * (v - m)
		den += d * d
	}
	return num / den
}

// Parameters of order time.
const (
	orderSigma  = 0.018 // of the months, for all depots alike
	orderOwn    = 0.012 // of each depot
	orderRho    = 0.3
	orderEffect = -0.12
)

// orderTimePanel is the hours from order to dispatch at the depots. The incentive
// plan begins for everybody on one date.
func (c *company) orderTimePanel() *panel {
	p := c.newPanel(c.bases[logistics])
	season := [12]float64{.04, .02, 0, -.02, -.03, -.03, -.02, -.03, 0, .01, .04, .05}
	r := c.key("order time").generator(0)
	level := normals(r, len(p.units))
	common := autoregressive(r, c.cal.months, orderSigma, orderRho)
	own := noise(r, len(p.units), c.cal.months, orderOwn, orderRho)
	p.draws = 1
	p.expected = func(i, t int) float64 {
		return 52 * math.Exp(.08*level[i]+season[c.cal.season(t)]-.0006*float64(t))
	}
	for i, u := range p.units {
		for t := range c.cal.months {
			if t >= c.when.incentive {
				p.effect[i][t] = orderEffect
			}
			v := p.expected(i, t) * math.Exp(common[t]+own[i][t]) * (1 + p.effect[i][t])
			p.value[i][t] = math.Round(v*1000) / 1000
			p.n[i][t] = math.Round(float64(c.units[u].people) * 420 * (1 + season[c.cal.season(t)]))
		}
	}
	return p
}

// Parameters of defects, in parts of one: 0.010 is 10 per 1,000.
const (
	defectsLevel  = 0.090
	defectsSpread = 0.010
	defectsSigma  = 0.020
	defectsRho    = 0.25
	windowMonths  = 6
)

// defectsPanel is defects per piece on the production lines. Quality circles go
// to the lines that were worst in the last six months, and do nothing.
func (c *company) defectsPanel() *panel {
	p := c.newPanel(c.bases[production])
	r := c.key("defects").generator(0)
	k := max(4, len(p.units)/5)
	launch := c.when.circles
	for p.draws = 1; ; p.draws++ {
		level := normals(r, len(p.units))
		eps := noise(r, len(p.units), c.cal.months, defectsSigma, defectsRho)
		p.expected = func(i, _ int) float64 { return defectsLevel + defectsSpread*level[i] }
		for i, u := range p.units {
			for t := range c.cal.months {
				pieces := math.Round(float64(c.units[u].people) * 1150)
				p.n[i][t] = pieces
				p.value[i][t] = math.Round(math.Max(p.expected(i, t)+eps[i][t], .008)*pieces) / pieces
			}
		}
		c.worst = worst(p.value, launch-windowMonths, launch, k)
		// how much worse than before the months were that they are chosen on: what
		// comes back by itself, since nothing after the launch is looked at
		excess := contrast(p.value, c.worst, 0, launch-windowMonths, launch-windowMonths, launch, false)
		limit := .001 + .0001*float64(p.draws/50)
		if math.Abs(excess-.010) < limit {
			return p
		}
	}
}

// worst returns the k units with the highest mean from month a to b.
func worst(x [][]float64, a, b, k int) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool {
		return mean(x[order[i]][a:b]) > mean(x[order[j]][a:b])
	})
	order = order[:k]
	sort.Ints(order)
	return order
}

// contrast returns the mean change of the chosen units from [a, b) to [from, to),
// less that of the others where against is set.
func contrast(x [][]float64, chosen []int, a, b, from, to int, against bool) float64 {
	in := map[int]bool{}
	for _, i := range chosen {
		in[i] = true
	}
	var change, other []float64
	for i := range x {
		d := mean(x[i][from:to]) - mean(x[i][a:b])
		if in[i] {
			change = append(change, d)
		} else {
			other = append(other, d)
		}
	}
	if against {
		return mean(change) - mean(other)
	}
	return mean(change)
}
