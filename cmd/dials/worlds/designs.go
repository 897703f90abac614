package worlds

import (
	"cmp"
	"slices"
)

// The designs that a company's seven tactics call for, by the names that the
// calibration table has for them.
const (
	Difference = "difference"   // one date, others to compare with
	Chosen     = "chosen worst" // one date, the units that were worst
	Order      = "roll-out"     // four dates, by a rule
	Dates      = "random dates" // three dates, drawn
	Drawn      = "drawn units"  // one date, drawn
	Few        = "two units"    // one date, two units
	Series     = "everybody"    // one date, nobody to compare with
	Experiment = "drawn people" // people drawn, counted by whether they leave
	Volunteers = "volunteers"   // people who came forward
	perTactic  = 3              // dials
	people     = 900            // in an experiment
	staying    = 0.35           // share that leaves by choice in the window
	trialAt    = 30             // month
	trials     = 3              // experiments in a company of people
)

// Designs lists the designs of the seven tactics, in order.
func Designs() []string {
	return []string{Difference, Chosen, Order, Dates, Drawn, Few, Series}
}

// A Plan says what of a company works, and from what size on an effect is worth having.
type Plan struct {
	// Effect is in points, by tactic and dial; of experiments on people a share.
	Effect func(design string, dial int) float64
	// Worth is the smallest effect worth having.
	Worth func(design string, dial int) float64
}

// Form is the form of a tactic's dials, by their number.
func form(dial int) Form { return []Form{Mean, Sum, Ratio}[dial%3] }

// Scale is what one point of a tactic's dial is on the scale of its estimate.
func Scale(dial int) float64 {
	if form(dial) == Sum {
		return 1 / Level
	}
	return 1
}

// DialID names the dial of a tactic.
func DialID(design string, dial int) string { return design + "-" + string(rune('a'+dial)) }

// Of a company: seven tactics of three dials each. What a plan does not move moves
// by chance alone.
func Of(seed uint64, plan Plan) *Company {
	c := &Company{People: staff()}
	for _, design := range Designs() {
		r := source(seed, design)
		order := r.Perm(Units)
		t := &Tactic{ID: design, AssignedBy: "choice"}
		noise := ordinary()
		switch design {
		case Difference:
			t.Starts = starting(order, 12, 30)
		case Order:
			t.AssignedBy, t.Starts = "order", starting(order, 6, 24, 27, 30, 33)
		case Dates:
			t.AssignedBy, t.Starts = "random", starting(order, 8, 24, 28, 32)
		case Drawn:
			t.AssignedBy, t.Starts = "random", starting(order, 20, 30)
		case Few:
			t.Starts = starting(order, 2, 30)
		case Series:
			t.AssignedBy, t.All = "all", 30
		}
		var dials []*Dial
		for k := range perTactic {
			dials = append(dials, newDial(r, DialID(design, k), form(k), noise))
			t.Dials = append(t.Dials, dials[k].ID)
			t.Worth = append(t.Worth, plan.Worth(design, k))
		}
		if design == Chosen { // for being worst in the first of them
			t.From, t.To = 24, 30
			t.Starts = worst(dials[0], 10, t.From, t.To, 30)
		}
		for k, d := range dials {
			starts := t.Starts
			if starts == nil {
				starts = everyone(t.All)
			}
			effect := plan.Effect(design, k)
			d.add(starts, func(int) float64 { return effect })
		}
		c.Tactics, c.Dials = append(c.Tactics, t), append(c.Dials, dials...)
	}
	return c
}

func everyone(at int) []int {
	s := make([]int, Units)
	for i := range s {
		s[i] = at
	}
	return s
}

// worst starts the k units that are lowest from one month to another.
func worst(d *Dial, k, from, to, start int) []int {
	order := make([]int, Units)
	sums := make([]float64, Units)
	for i := range order {
		order[i] = i
		for t := from; t < to; t++ {
			sums[i] += d.Points[i][t]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sums[a], sums[b]) })
	return starting(order, k, start)
}

// staff are a few people who are there throughout, so that somebody takes part.
func staff() []Person {
	p := make([]Person, 12)
	for i := range p {
		p[i] = Person{Hired: -24 - i, Left: -1}
	}
	return p
}

// OfPeople is a company with three experiments on its people, and one tactic for those who
// came forward, who would have stayed anyway.
func OfPeople(seed uint64, plan Plan) *Company {
	c := &Company{}
	for i := range 60 { // that people leave is on record from the first month on
		c.People = append(c.People, Person{Hired: -24, Left: i % trialAt})
	}
	for k := range trials {
		r := source(seed, Experiment+string(rune('a'+k)))
		t := &Trial{ID: DialID(Experiment, k), AssignedBy: "random", Launch: trialAt, Worth: plan.Worth(Experiment, k)}
		c.Trials = append(c.Trials, t)
		for i := range people {
			p := Person{Hired: -1 - r.IntN(90), Left: -1, Tactic: t.ID, Treated: i < people/3, Title: r.IntN(3)}
			leaves := staying
			if p.Treated {
				leaves -= plan.Effect(Experiment, k)
			}
			if r.Float64() < leaves {
				p.Left = trialAt + r.IntN(12)
			}
			c.People = append(c.People, p)
		}
	}
	r := source(seed, Volunteers)
	t := &Trial{ID: DialID(Volunteers, 0), AssignedBy: "choice", Launch: trialAt, Worth: 0.1}
	c.Trials = append(c.Trials, t)
	for i := range people {
		p := Person{Hired: -1 - r.IntN(90), Left: -1, Tactic: t.ID, Treated: i < people/3, Title: r.IntN(3)}
		leaves := 0.45
		if p.Treated { // the loyal come forward
			leaves = 0.25
		}
		if r.Float64() < leaves {
			p.Left = trialAt + r.IntN(12)
		}
		c.People = append(c.People, p)
	}
	return c
}
