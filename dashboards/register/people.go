package register

import (
	"errors"
	"math"
	"slices"
	"time"

	"dials/queries/impact"
)

// A PeopleAsk is a test on a dial that is counted over people: who of them leave.
type PeopleAsk struct {
	Events, PersonMonths float64 // over the last months: who left, of how many month by month
	People               int     // there are now
	EffectPct            float64 // smallest change worth having, in per cent of the share that leaves
	Share                float64 // of the people drawn who get it
	Months               []int   // how long the test may last
	Power, Alpha         float64
}

// A PeopleMonth is a complete month of a dial that is counted over people: how many left, of how many.
type PeopleMonth struct {
	Month          time.Time
	Events, People float64
}

// peoplePast is how many months the rate of a dial of people is taken from.
const peoplePast = 12

// AskPeople is the wish as a plan of people takes it, by the rate of the last months,
// which are from and to.
func (w Wish) AskPeople(rows []PeopleMonth) (a PeopleAsk, from, to time.Time) {
	a = PeopleAsk{EffectPct: w.EffectPct, Share: w.SharePct / 100, Months: TestMonths(), Power: 0.8, Alpha: 0.05}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b PeopleMonth) int { return a.Month.Compare(b.Month) })
	rows = rows[max(0, len(rows)-peoplePast):]
	for i, row := range rows {
		if i == 0 {
			from = row.Month
		}
		to = row.Month
		a.Events, a.PersonMonths, a.People = a.Events+row.Events, a.PersonMonths+row.People, int(row.People)
	}
	return a, from, to
}

// A PeoplePlan is what can be found by drawing people.
type PeoplePlan struct {
	Cells  []PlanCell // of people, their MDE as a share of the share that leaves
	Months int        // of the shortest test of all people that finds the effect; 0 for none
	People int        // the fewest that find it in as many months
	MDE    float64    // of that test, else the best there is; NaN where none can be told
	Base   []float64  // the share that leaves without it, by PeopleAsk.Months
}

// ErrNoLeavers says that the past holds too few who left to plan on.
var ErrNoLeavers = errors.New("fewer than 10 people left in the last months: how many would leave cannot be told")

// minEvents is how many must have left for a rate to be planned on.
const minEvents = 10

// PlanPeople says what a draw of people could find, from the rate of the last months:
//
//	p = 1 − (1 − events ÷ person-months)^months
//	p·MDE = (t₁₋α/₂ + t_power)·√(q(1 − q)/n₁ + p(1 − p)/n₀)    q = p(1 − MDE), df = n − 2
//
// for those with it who leave less. More than all cannot stay: such a cell is NaN. It takes people
// for independent: a tactic that colleagues hand on, or teams that leave together, need more.
func PlanPeople(a PeopleAsk) (PeoplePlan, error) {
	plan := PeoplePlan{MDE: math.NaN()}
	switch {
	case !(a.Events >= minEvents) || !(a.PersonMonths > a.Events):
		return plan, ErrNoLeavers
	case a.People < 20:
		return plan, errors.New("a test needs at least 20 people")
	case !(a.Share > 0 && a.Share < 1):
		return plan, errors.New("some of the people must get it and some not")
	case !(math.Abs(a.EffectPct) > 0):
		return plan, errors.New("the smallest change worth having must not be 0")
	}
	for _, m := range a.Months {
		plan.Base = append(plan.Base, 1-math.Pow(1-a.Events/a.PersonMonths, float64(m)))
	}
	for _, n := range sizes(a.People) {
		for k, m := range a.Months {
			cell := PlanCell{Units: n, Months: m, MDE: math.NaN()}
			multiplier, err := impact.MDEMultiplier(float64(n-2), a.Power, a.Alpha, 2)
			if err != nil {
				return plan, err
			}
			cell.MDE = fewerLeave(plan.Base[k], float64(n)*a.Share, float64(n)*(1-a.Share), multiplier)
			cell.Finds = cell.MDE <= math.Abs(a.EffectPct)/100
			plan.add(cell, a.People)
		}
	}
	for _, c := range plan.Cells {
		if c.Finds && c.Months == plan.Months && (plan.People == 0 || c.Units < plan.People) {
			plan.People = c.Units
		}
	}
	return plan, nil
}

// fewerLeave is the share by which p must fall for n1 people to be told from n0, NaN
// where that is more than all of it.
func fewerLeave(p, n1, n0, multiplier float64) float64 {
	isFound := func(x float64) bool {
		q := p * (1 - x)
		return p*x >= multiplier*math.Sqrt(q*(1-q)/n1+p*(1-p)/n0)
	}
	if !isFound(1) {
		return math.NaN()
	}
	low, high := 0.0, 1.0
	for range 60 {
		if x := (low + high) / 2; isFound(x) {
			high = x
		} else {
			low = x
		}
	}
	return high
}

// add keeps the shortest test of all people that finds the effect, else the best.
func (p *PeoplePlan) add(c PlanCell, all int) {
	p.Cells = append(p.Cells, c)
	switch {
	case c.Units < all || math.IsNaN(c.MDE):
	case p.Months > 0 && c.Months > p.Months:
	case c.Finds && p.Months == 0:
		p.Months, p.MDE = c.Months, c.MDE
	case !(p.MDE <= c.MDE):
		p.MDE = c.MDE
	}
}
