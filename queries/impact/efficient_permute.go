package impact

import (
	"math"
	"math/rand/v2"
)

// PermuteDates is Fisher's p-value of no effect on any unit, by permuting the dates
// over units: the share of draws whose |θ̂/se| is at least that of the data, the data
// counted as one draw.
//
//	p = (1 + #{|t*| ≥ |t|}) / (1 + draws)
func PermuteDates(p *Panel, kind string, draws int, seed uint64) (float64, error) {
	first := append([]float64(nil), p.First...)
	statistic := func() (float64, error) {
		r, cells, err := efficientCells(p, first)
		if err != nil {
			return 0, err
		}
		return math.Abs(r.estimate(cells, r.weights(kind, cells), 0.95).Estimate.Statistic), nil
	}
	data, err := statistic()
	if err != nil {
		return math.NaN(), err
	}
	random := rand.New(rand.NewPCG(seed, 4))
	extreme := 1
	for range draws {
		random.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
		t, err := statistic()
		if err != nil {
			return math.NaN(), err
		}
		if t >= data*(1-1e-12) {
			extreme++
		}
	}
	return float64(extreme) / float64(1+draws), nil
}

// permuteScores is [PermuteDates] with Neyman's error. What an estimate gives a unit's
// outcomes depends on its cohort alone, so each is summed up once per cohort, and a
// draw costs as much as there are units.
func (r *rollout) permuteScores(p *Panel, cells [][2]int, w []float64, draws int, seed uint64) float64 {
	theta, x := r.zero(), r.zero()
	for i, c := range cells {
		r.comparison(theta, x, w[i], c[0], c[1])
	}
	cohort := map[float64]int{}
	for g, start := range r.starts {
		cohort[start] = g
	}
	label := make([]int, len(p.First))
	a, b := make([][]float64, len(label)), make([][]float64, len(label))
	for i, f := range p.First {
		if f > p.Times[len(p.Times)-1] {
			f = math.Inf(1)
		}
		label[i] = -1 // a cohort of one takes no part
		if g, ok := cohort[f]; ok {
			label[i] = g
		}
		a[i], b[i] = make([]float64, len(r.starts)), make([]float64, len(r.starts))
		for g := range r.starts {
			a[i][g], b[i][g] = dot(theta[g], p.Y[i]), dot(x[g], p.Y[i])
		}
	}
	data := r.scored(label, a, b) * (1 - 1e-12)
	random := rand.New(rand.NewPCG(seed, 4))
	extreme := 1
	for range draws {
		random.Shuffle(len(label), func(i, j int) { label[i], label[j] = label[j], label[i] })
		if r.scored(label, a, b) >= data {
			extreme++
		}
	}
	return float64(extreme) / float64(1+draws)
}

// scored is |θ̂ ÷ se| with Neyman's error, of the units' scores a and b in θ̂₀ and X̂ by cohort.
func (r *rollout) scored(label []int, a, b [][]float64) float64 {
	k := len(r.starts)
	ma, mb := make([]float64, k), make([]float64, k)
	for i, g := range label {
		if g >= 0 {
			ma[g] += a[i][g] / r.size[g]
			mb[g] += b[i][g] / r.size[g]
		}
	}
	vaa, vab, vbb, theta, x := 0.0, 0.0, 0.0, 0.0, 0.0
	for i, g := range label {
		if g >= 0 {
			da, db, n := a[i][g]-ma[g], b[i][g]-mb[g], r.size[g]*(r.size[g]-1)
			vaa, vab, vbb = vaa+da*da/n, vab+da*db/n, vbb+db*db/n
		}
	}
	for g := range ma {
		theta, x = theta+ma[g], x+mb[g]
	}
	beta := 0.0
	if vbb > 0 {
		beta = vab / vbb
	}
	v := vaa - 2*beta*vab + beta*beta*vbb
	switch d := math.Abs(theta - beta*x); {
	case v > 0:
		return d / math.Sqrt(v)
	case d > 0:
		return math.Inf(1)
	}
	return 0
}
