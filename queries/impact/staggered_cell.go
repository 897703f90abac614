package impact

import (
	"fmt"
	"math"
	"sync"
)

// cellModels estimates cells and keeps what many of them share: the logit of a cohort
// against a set of comparison units and the inverse of X'X among these.
type cellModels struct {
	s      *GroupTime
	x      [][][]float64 // [column][unit][period or 0]: const, then scaled covariates
	fixed  bool          // covariates do not change over time
	mutex  sync.Mutex
	logits map[cellKey]*sharedLogit
	grams  map[cellKey]*sharedGram
}

type cellKey struct {
	group, limit float64
	period       int
}

type sharedLogit struct {
	once sync.Once
	fit  *Binary
	err  error
}

type sharedGram struct {
	once sync.Once
	inv  [][]float64
	bad  int
}

func newCellModels(s *GroupTime) *cellModels {
	p := s.panel
	m := &cellModels{s: s, fixed: true, logits: map[cellKey]*sharedLogit{}, grams: map[cellKey]*sharedGram{}}
	for _, x := range p.X {
		for i := range x {
			for t := range x[i] {
				m.fixed = m.fixed && x[i][t] == x[i][0]
			}
		}
	}
	one := make([][]float64, len(p.Y))
	for i := range one {
		one[i] = ones(len(p.Times))
	}
	m.x = append(m.x, one)
	// Shifting and scaling covariates changes no estimate and keeps X'X well
	// conditioned.
	for _, x := range p.X {
		var all []float64
		for _, row := range x {
			all = append(all, row...)
		}
		centre, sd := mean(all), math.Sqrt(variance(all))
		if sd == 0 {
			sd = 1
		}
		z := make([][]float64, len(x))
		for i, row := range x {
			z[i] = make([]float64, len(row))
			for t, v := range row {
				z[i][t] = (v - centre) / sd
			}
		}
		m.x = append(m.x, z)
	}
	return m
}

// period is where covariates are read for a job: the earlier of its two periods.
func (m *cellModels) period(j job) int {
	if m.fixed {
		return 0
	}
	return min(j.t, j.base)
}

// isControl reports whether unit i is compared with the cohort of j.
func (m *cellModels) isControl(j job, i int) bool {
	g := m.s.groupOf(i)
	if math.IsInf(j.limit, 1) {
		return math.IsInf(g, 1)
	}
	return g > j.limit && g != j.group
}

// limitKey names the set of comparison units: by the next cohort after the limit, so
// that periods between two cohorts share one.
func (m *cellModels) limitKey(limit float64) float64 {
	for _, g := range m.s.groups {
		if g > limit {
			return g
		}
	}
	return math.Inf(1)
}

// cell estimates one cell and its influence function.
func (m *cellModels) cell(j job) (Cell, error) {
	p, s := m.s.panel, m.s
	c := Cell{Group: j.group, Time: p.Times[j.t]}
	if j.t == j.base {
		return c, nil // the base period of a universal base: 0 by construction
	}
	var sample []int
	var d []float64
	treated := 0
	for i := range p.Y {
		switch {
		case s.groupOf(i) == j.group:
			sample, d = append(sample, i), append(d, 1)
			treated++
		case m.isControl(j, i):
			sample, d = append(sample, i), append(d, 0)
		}
	}
	k := len(m.x)
	if len(sample)-treated < k {
		return c, fmt.Errorf("%d comparison units for %d parameters", len(sample)-treated, k)
	}
	x := make([][]float64, k)
	at := m.period(j)
	for a := range x {
		x[a] = make([]float64, len(sample))
		for r, i := range sample {
			x[a][r] = m.x[a][i][at]
		}
	}
	w, dy := make([]float64, len(sample)), make([]float64, len(sample))
	for r, i := range sample {
		w[r], dy[r] = s.weight[i], p.Y[i][j.t]-p.Y[i][j.base]
	}
	two := twoByTwo{d: d, dy: dy, w: w, x: x}
	key := cellKey{limit: m.limitKey(j.limit), period: at}
	if s.Options.Control == "not-yet" {
		key.group = j.group // the cohort itself is not among its controls
	}
	var err error
	if s.Options.Method != "reg" {
		if two.logit, err = m.logit(cellKey{j.group, key.limit, at}, d, x, w); err != nil {
			return c, err
		}
	}
	if s.Options.Method != "ipw" {
		if two.gram, err = m.gram(key, d, x, w); err != nil {
			return c, err
		}
	}
	att, psi := two.estimate()
	c.ATT = att
	c.psi = make([]float64, len(p.Y))
	f := float64(len(p.Y)) / float64(len(sample))
	for r, i := range sample {
		c.psi[i] = f * psi[r]
	}
	return c, nil
}

func (m *cellModels) logit(key cellKey, d []float64, x [][]float64, w []float64) (*Binary, error) {
	m.mutex.Lock()
	l, ok := m.logits[key]
	if !ok {
		l = &sharedLogit{}
		m.logits[key] = l
	}
	m.mutex.Unlock()
	l.once.Do(func() {
		l.fit, l.err = Logit(d, x, append([]string{"const"}, m.s.panel.Names...), w)
	})
	return l.fit, l.err
}

// gram is (X'WX/n)⁻¹ among comparison units, up to the factor n which the caller
// applies.
func (m *cellModels) gram(key cellKey, d []float64, x [][]float64, w []float64) ([][]float64, error) {
	m.mutex.Lock()
	g, ok := m.grams[key]
	if !ok {
		g = &sharedGram{}
		m.grams[key] = g
	}
	m.mutex.Unlock()
	g.once.Do(func() {
		a := square(len(x))
		for r, v := range d {
			if v == 1 {
				continue
			}
			for i := range x {
				for l := 0; l <= i; l++ {
					a[i][l] += w[r] * x[i][r] * x[l][r]
				}
			}
		}
		g.inv, g.bad = invertSPD(a)
	})
	if g.bad >= 0 {
		return nil, &CollinearError{Column: append([]string{"const"}, m.s.panel.Names...)[g.bad], With: []string{"the other covariates among the comparison units"}}
	}
	return g.inv, nil
}

// twoByTwo is one comparison of a cohort with its controls on differences dy.
type twoByTwo struct {
	d, dy, w []float64
	x        [][]float64
	logit    *Binary
	gram     [][]float64 // (Σ_C w x x')⁻¹
}

// estimate is the effect and the influence function of each row.
func (t *twoByTwo) estimate() (float64, []float64) {
	n, k := len(t.d), len(t.x)
	nf := float64(n)
	m := make([]float64, n)
	var ols [][]float64 // influence of the regression coefficients, per column
	if t.gram != nil {
		xy := make([]float64, k)
		for a := range k {
			for r := range n {
				if t.d[r] == 0 {
					xy[a] += t.w[r] * t.x[a][r] * t.dy[r]
				}
			}
		}
		b := make([]float64, k)
		for a := range k {
			b[a] = dot(t.gram[a], xy)
		}
		for r := range n {
			m[r] = linearAt(t.x, b, r)
		}
		ols = t.influence(t.gram, func(r int) float64 {
			if t.d[r] == 1 {
				return 0
			}
			return t.w[r] * (t.dy[r] - m[r])
		})
	}
	wt, wc := make([]float64, n), make([]float64, n)
	for r := range n {
		wt[r] = t.w[r] * t.d[r]
	}
	if t.logit != nil {
		for r := range n {
			if p := min(t.logit.P[r], 1-1e-6); t.d[r] == 0 && p < 0.995 {
				wc[r] = t.w[r] * p / (1 - p)
			}
		}
	}
	mt, mc := sum(wt)/nf, sum(wc)/nf
	var etaT, etaC float64
	for r := range n {
		etaT += wt[r] * (t.dy[r] - m[r]) / nf / mt
		if mc > 0 {
			etaC += wc[r] * (t.dy[r] - m[r]) / nf / mc
		}
	}
	// Derivatives of the effect with respect to the two models' coefficients.
	dOLS, dPS := make([]float64, k), make([]float64, k)
	for a := range k {
		for r := range n {
			dOLS[a] -= wt[r] * t.x[a][r] / nf / mt
			if mc > 0 {
				dOLS[a] += wc[r] * t.x[a][r] / nf / mc
				dPS[a] -= wc[r] * (t.dy[r] - m[r] - etaC) * t.x[a][r] / nf / mc
			}
		}
	}
	psi := make([]float64, n)
	for r := range n {
		psi[r] = wt[r] * (t.dy[r] - m[r] - etaT) / mt
		if mc > 0 {
			psi[r] -= wc[r] * (t.dy[r] - m[r] - etaC) / mc
		}
		for a := range k {
			if ols != nil {
				psi[r] += ols[a][r] * dOLS[a]
			}
		}
	}
	if t.logit != nil {
		axpy(1, t.logit.influence(dPS), psi)
	}
	return etaT - etaC, psi
}

// influence is n·inv·x_r·score(r): how each row moves the coefficients.
func (t *twoByTwo) influence(inv [][]float64, score func(int) float64) [][]float64 {
	k, n := len(t.x), len(t.d)
	out := make([][]float64, k)
	for a := range out {
		out[a] = make([]float64, n)
	}
	for r := range n {
		s := score(r) * float64(n)
		if s == 0 {
			continue
		}
		for a := range k {
			v := 0.0
			for b := range k {
				v += inv[a][b] * t.x[b][r]
			}
			out[a][r] = v * s
		}
	}
	return out
}
