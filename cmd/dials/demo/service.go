package demo

import "math"

// Parameters of handling time.
const (
	handlingSigma  = 0.025
	handlingRho    = 0.3
	handlingEffect = -0.08
	priceEffect    = 0.05
)

// handlingPanel is minutes a call at the service desks. Some desks are reorganised;
// a price change makes calls longer, at more of those desks than of the others.
func (c *company) handlingPanel() *panel {
	p := c.newPanel(c.bases[service])
	season := [12]float64{.02, .01, 0, 0, -.01, -.01, 0, .01, 0, -.01, -.01, .01}
	r := c.key("handling time").generator(0)
	level, eps := c.alike(p, r, .12, handlingSigma, handlingRho, c.reorganised, c.when.reorganisation)
	p.expected = func(i, t int) float64 {
		return 7.2 * math.Exp(level[i]+season[c.cal.season(t)]-.0005*float64(t))
	}
	for i, u := range p.units {
		for t := range c.cal.months {
			if c.reorganised[i] > 0 && t >= c.when.reorganisation {
				p.effect[i][t] = handlingEffect
			}
			if c.repriced[i] && t >= c.when.price {
				p.rival[i][t] = priceEffect
			}
			calls := math.Round(float64(c.units[u].people) * 310 * (1 + season[c.cal.season(t)]))
			v := p.expected(i, t) * math.Exp(eps[i][t]) * (1 + p.effect[i][t]) * (1 + p.rival[i][t])
			p.n[i][t] = calls
			p.value[i][t] = math.Round(v*calls) / calls
		}
	}
	return p
}

// Parameters of client satisfaction, in points.
const (
	satisfactionSigma = 2.5
	satisfactionRho   = 0.2
	satisfactionDrift = 0.06 // a month, at every desk
)

// satisfactionPanel is client satisfaction at the service desks. It rises slowly
// everywhere; mentoring does nothing.
func (c *company) satisfactionPanel() *panel {
	p := c.newPanel(c.bases[service])
	r := c.key("client satisfaction").generator(0)
	p.draws = 1
	level := normals(r, len(p.units))
	common := autoregressive(r, c.cal.months, .3, .2)
	eps := noise(r, len(p.units), c.cal.months, satisfactionSigma, satisfactionRho)
	p.expected = func(i, t int) float64 {
		return 71.5 + 2.5*level[i] + satisfactionDrift*float64(t)
	}
	for i, u := range p.units {
		for t := range c.cal.months {
			p.value[i][t] = math.Round(10*clip(p.expected(i, t)+common[t]+eps[i][t], 0, 100)) / 10
			p.n[i][t] = math.Round(float64(c.units[u].people) * 14)
		}
	}
	return p
}

// chooseUnits decides which units each tactic of units reaches, and draws the
// desks of the price change. Nothing here looks at a dial.
func (c *company) chooseUnits() {
	teams, desks := len(c.bases[sales]), len(c.bases[service])
	c.waveOf = make([]int, teams)
	for i := range 4 * c.perWave() {
		c.waveOf[i] = i/c.perWave() + 1
	}
	r := c.key("desks").generator(0)
	c.reorganised, c.repriced, c.mentored = make([]int, desks), make([]bool, desks), make([]int, desks)
	treated := int(math.Round(.3 * float64(desks)))
	order := r.Perm(desks)
	for _, i := range order[:treated] {
		c.reorganised[i] = 1
	}
	for _, i := range order[:int(math.Round(.75*float64(treated)))] {
		c.repriced[i] = true
	}
	for _, i := range order[treated : treated+int(math.Round(.1*float64(desks)))] {
		c.repriced[i] = true
	}
	for _, i := range r.Perm(desks)[:treated] {
		c.mentored[i] = 1
	}
}

// perWave is the number of sales teams in one wave of consultative selling.
func (c *company) perWave() int { return len(c.bases[sales]) / 10 }
