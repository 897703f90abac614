package worlds

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// A Trap is a history that fools a careless reader.
type Trap struct {
	ID    string
	About string // what is true, in words
	build func(r *rand.Rand, id string) (*Tactic, []*Dial)
	// IsPositive says that there is an effect: wrong is its opposite.
	IsPositive bool
	// IsMixed says that its sign depends on the average that is taken.
	IsMixed bool
}

// Traps lists the traps of impact.md §6, in its order.
func Traps() []Trap {
	return []Trap{
		{ID: "growing-effects", About: "Effects grow with time and all units start, in waves: a regression with unit and month effects can turn their sign.", IsPositive: true, build: growing},
		{ID: "flipping-average", About: "The first wave gains, later ones lose: the average over unit-months and that over units have opposite signs.", IsMixed: true, build: flipping},
		{ID: "everybody-improved", About: "All units improve at the launch, with the tactic and without it.", build: improved},
		{ID: "dip-before", About: "Each wave takes the units that are at their lowest in the month before, and does not say so.", build: dip},
		{ID: "chosen-in-silence", About: "The units of the worst half-year are taken, and the register does not say so.", build: silent},
		{ID: "anticipation", About: "Units hold back for two months before the start and are as before from then on.", build: anticipated},
		{ID: "restless-series", About: "All units start, and the dial jumps by itself every ten months or so.", build: restless},
		{ID: "few-clusters", About: "Five units start, eleven are there to compare with.", build: fewClusters},
		{ID: "few-treated", About: "Three of forty units start, and noise lasts.", build: fewTreated},
		{ID: "many-segments", About: "One tactic, ten dials.", build: segments},
		{ID: "rare-events", About: "Dates are drawn, events are rare, and some units miss months: the training of a police force.", build: rare},
		{ID: "trend-before", About: "The units that start have been rising all the time.", build: trending},
		{ID: "moved-with-season", About: "All start at the seasonal low of a dial with a strong season.", build: seasonal},
	}
}

// OfTraps is a company with one instance of each trap.
func OfTraps(seed uint64) *Company {
	c := &Company{People: staff()}
	for _, trap := range Traps() {
		t, dials := trap.build(source(seed, trap.ID), trap.ID)
		t.ID = trap.ID
		for _, d := range dials {
			t.Dials, t.Worth = append(t.Dials, d.ID), append(t.Worth, 6)
		}
		c.Tactics, c.Dials = append(c.Tactics, t), append(c.Dials, dials...)
	}
	return c
}

func one(r *rand.Rand, id string) *Dial { return newDial(r, id, Mean, ordinary()) }

func growing(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	t := &Tactic{AssignedBy: "order", Starts: starting(r.Perm(Units), 10, 24, 29, 34, 39)}
	d.add(t.Starts, func(since int) float64 { return 1 + 0.5*float64(since) })
	return t, []*Dial{d}
}

func flipping(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	order := r.Perm(Units)
	t := &Tactic{AssignedBy: "order", Starts: starting(order, 7, 24, 40, 44)}
	for i, s := range t.Starts {
		effect := -10.0
		if s == 24 {
			effect = 8
		}
		for m := max(0, s); s >= 0 && m < Months; m++ {
			d.Points[i][m] += effect
		}
	}
	return t, []*Dial{d}
}

func improved(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	d.add(everyone(30), func(int) float64 { return 8 })
	return &Tactic{AssignedBy: "choice", Starts: starting(r.Perm(Units), 12, 30)}, []*Dial{d}
}

// lowest are the units, of those not taken yet, that are lowest from one month to another.
func lowest(d *Dial, taken map[int]bool, k, from, to int) []int {
	var left []int
	for i := range Units {
		if !taken[i] {
			left = append(left, i)
		}
	}
	sum := func(i int) (s float64) {
		for t := from; t < to; t++ {
			s += d.Points[i][t]
		}
		return s
	}
	slices.SortStableFunc(left, func(a, b int) int { return cmp.Compare(sum(a), sum(b)) })
	return left[:k]
}

func dip(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	taken := map[int]bool{}
	t := &Tactic{AssignedBy: "choice", Starts: starting(nil, 0)}
	for _, start := range []int{28, 31, 34} {
		for _, i := range lowest(d, taken, 4, start-1, start) {
			taken[i], t.Starts[i] = true, start
		}
	}
	return t, []*Dial{d}
}

func silent(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	return &Tactic{AssignedBy: "choice", Starts: starting(lowest(d, nil, 12, 24, 30), 12, 30)}, []*Dial{d}
}

func anticipated(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	t := &Tactic{AssignedBy: "order", Starts: starting(r.Perm(Units), 6, 24, 27, 30, 33)}
	for i, s := range t.Starts {
		for m := s - 2; s >= 0 && m < s; m++ {
			d.Points[i][m] -= 8
		}
	}
	return t, []*Dial{d}
}

func restless(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := newDial(r, id, Mean, climate{common: common, own: own, rho: rho})
	jump := 0.0
	for m := range Months {
		if r.Float64() < 0.1 {
			jump += 5 * r.NormFloat64()
		}
		for i := range d.Points {
			d.Points[i][m] += jump
		}
	}
	return &Tactic{AssignedBy: "all", All: 30}, []*Dial{d}
}

func fewClusters(r *rand.Rand, id string) (*Tactic, []*Dial) {
	order := r.Perm(Units)
	return &Tactic{AssignedBy: "choice", Starts: starting(order, 5, 30), Controls: order[5:16]}, []*Dial{one(r, id)}
}

func fewTreated(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := newDial(r, id, Mean, climate{common: common, own: own, rho: 0.8})
	return &Tactic{AssignedBy: "choice", Starts: starting(r.Perm(Units), 3, 30)}, []*Dial{d}
}

func segments(r *rand.Rand, id string) (*Tactic, []*Dial) {
	var dials []*Dial
	for k := range 10 {
		dials = append(dials, newDial(r, id+"-"+string(rune('a'+k)), form(k), ordinary()))
	}
	return &Tactic{AssignedBy: "choice", Starts: starting(r.Perm(Units), 12, 30)}, dials
}

// rare counts events that come one or two a month, and leaves out a month here and there.
func rare(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	for i := range d.Points {
		mean := 1.5 * math.Exp(0.4*r.NormFloat64())
		for t := range d.Points[i] {
			d.Points[i][t] = float64(poisson(r, mean))
		}
		if r.Float64() < 0.05 {
			d.Points[i][r.IntN(Months)] = math.NaN()
		}
	}
	var dates []int
	for m := 24; m < 36; m++ {
		dates = append(dates, m)
	}
	return &Tactic{AssignedBy: "random", Starts: starting(r.Perm(Units), 3, dates...)}, []*Dial{d}
}

// poisson draws by Knuth's products; for small means.
func poisson(r *rand.Rand, mean float64) int {
	limit, p, k := math.Exp(-mean), 1.0, 0
	for {
		p *= r.Float64()
		if p <= limit {
			return k
		}
		k++
	}
}

func trending(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	t := &Tactic{AssignedBy: "choice", Starts: starting(r.Perm(Units), 12, 30)}
	for i, s := range t.Starts {
		for m := range Months {
			if s >= 0 {
				d.Points[i][m] += 0.3 * float64(m)
			}
		}
	}
	return t, []*Dial{d}
}

func seasonal(r *rand.Rand, id string) (*Tactic, []*Dial) {
	d := one(r, id)
	for i := range d.Points {
		for m := range Months {
			d.Points[i][m] += 8 * math.Sin(float64(m)*math.Pi/6)
		}
	}
	return &Tactic{AssignedBy: "all", All: 33}, []*Dial{d}
}

// Naive reports whether somebody who compares the units that started with themselves, the months since with the
// year before, and takes months for independent, would claim that the tactic moved
// the dial up.
func (c *Company) Naive(t *Tactic, dial string) bool {
	d := c.dial(dial)
	starts := t.Starts
	if starts == nil {
		starts = everyone(t.All)
	}
	var before, after []float64
	for i, s := range starts {
		for m := max(0, s-12); s >= 0 && m < Months; m++ {
			switch p := d.Points[i][m]; {
			case math.IsNaN(p):
			case m < s:
				before = append(before, p)
			default:
				after = append(after, p)
			}
		}
	}
	m0, v0 := moments(before)
	m1, v1 := moments(after)
	return m1-m0 > 1.96*math.Sqrt(v0/float64(len(before))+v1/float64(len(after)))
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, variance
}
