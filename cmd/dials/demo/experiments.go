package demo

import (
	"cmp"
	"math"
	"slices"
)

// An experiment draws people at random and changes how likely they are to leave.
type experiment struct {
	tactic    string
	month     int // first month of the window
	months    int // length of the window
	hazard    float64
	treated   []int32
	control   []int32
	exitMonth map[int32]int8 // month of the window in which the person leaves, -1 for none
}

// monthly turns a yearly rate into the probability of one month.
func monthly(rate float64) float64 { return 1 - math.Exp(-rate/12) }

// beginExperiments draws the arms of the experiments that start this month.
func (c *company) beginExperiments(p *population) {
	for _, x := range []*experiment{c.coaching, c.pilot} {
		if x.month == p.month {
			x.draw(p)
		}
	}
}

// draw assigns people who have been in service for at least 30 days: in the
// leadership pilot a few against all others, in coaching as many against as many. As
// a careful company does, it draws in blocks of people with one title and like years
// of service, so that the arms are alike.
func (x *experiment) draw(p *population) {
	start := p.cal.month(x.month)
	var eligible []int32
	for _, e := range p.active {
		if p.emps[e].hire <= start-30 && len(eligible) < p.opt.Employees {
			eligible = append(eligible, e)
		}
	}
	r := p.key(x.tactic).generator(0)
	r.Shuffle(len(eligible), func(i, j int) { eligible[i], eligible[j] = eligible[j], eligible[i] })
	slices.SortStableFunc(eligible, func(a, b int32) int {
		return cmp.Or(cmp.Compare(p.titleOf(a), p.titleOf(b)), cmp.Compare(p.emps[a].hire, p.emps[b].hire))
	})
	treated, control := p.arms(x)
	treated = min(treated, len(eligible)/2)
	control = min(control, len(eligible)-treated)
	for i := range treated { // one of each block, and as many controls as it has a share of
		block := eligible[i*len(eligible)/treated : (i+1)*len(eligible)/treated]
		r.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
		others := (i+1)*control/treated - i*control/treated
		x.treated, x.control = append(x.treated, block[0]), append(x.control, block[1:1+others]...)
	}
	x.exitMonth = map[int32]int8{}
	x.plan(p, x.treated, voluntaryRate*x.hazard, 1)
	x.plan(p, x.control, voluntaryRate, 2)
}

// titleOf is the title of a person now.
func (p *population) titleOf(e int32) uint8 {
	jobs := p.emps[e].jobs
	return jobs[len(jobs)-1].title
}

// arms returns how many are treated and how many are not.
func (c *company) arms(x *experiment) (treated, control int) {
	n := float64(c.opt.Employees) / 2500
	if x == c.coaching {
		k := max(10, int(math.Round(100*math.Min(1, n))))
		return k, k
	}
	k := max(10, int(math.Round(200*math.Min(1, n))))
	return k, c.opt.Employees - k
}

// strata is the part of the people whose draws are spread evenly.
const strata = 1. / 6

// plan draws who leaves by choice in the window, and when. The draws of a sixth of
// the people are spread evenly, so that few arms differ by much more than the
// process makes them; more would make intervals hold the truth too often.
func (x *experiment) plan(p *population, people []int32, rate float64, arm int) {
	r := p.key(x.tactic).generator(arm)
	spread := int(strata * float64(len(people)))
	for i, rank := range r.Perm(len(people)) {
		u := r.Float64()
		if rank < spread {
			u = (float64(rank) + u) / float64(spread)
		}
		month := -math.Log(1-u) / rate * 12
		if month < float64(x.months) {
			x.exitMonth[people[i]] = int8(month)
			continue
		}
		x.exitMonth[people[i]] = -1
	}
}

// plannedExit reports whether e takes part in an experiment whose window holds
// this month, and whether it leaves by choice in it.
func (p *population) plannedExit(e int32) (leaves, planned bool) {
	for _, x := range []*experiment{p.coaching, p.pilot} {
		k := p.month - x.month
		if k < 0 || k >= x.months {
			continue
		}
		if m, ok := x.exitMonth[e]; ok {
			return int(m) == k, true
		}
	}
	return false, false
}
