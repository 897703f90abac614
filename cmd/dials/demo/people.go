package demo

import "math/rand/v2"

// Kinds of contract.
const (
	employee = iota
	contractor
	intern
	agency
)

// Reasons to leave.
const (
	staying = iota
	resigned
	dismissed
	redundant
	retired
	renewed
	contractEnded
	reasons
)

// A job is one stretch of an employment in one unit under one title.
type job struct {
	from, to day // to is 0 while it lasts
	unit     int32
	title    uint8
}

// An employment is one contract of one person with one legal entity.
type employment struct {
	person     int32
	entity     uint8
	kind       uint8
	reason     uint8
	hire, term day // term is the first day no longer employed, 0 while employed
	recorded   day // when HR recorded the end
	part       float64
	pay        float64 // own pay beside the midpoint of the title
	seat       int32
	jobs       []job
}

// Rates of the people process, a year.
const (
	voluntaryRate   = 0.18
	involuntaryRate = 0.03
	breakRate       = 0.002 // contracts that end and begin anew within 31 days
	promotionRate   = 0.05
)

// atMonthEnd is the share of employments that end with a month.
const atMonthEnd = 0.85

type vacancy struct {
	seat  int32
	month int // from when it may be filled
}

// A population moves people through seats, month by month.
type population struct {
	*company
	rng     *rand.Rand
	active  []int32
	open    []vacancy
	leavers []int32 // who may come back
	month   int
}

// addPeople simulates all employments.
func (c *company) addPeople() {
	p := &population{company: c, rng: c.key("people").generator(0)}
	p.fillAtStart()
	for p.month = 0; p.month < c.cal.months; p.month++ {
		c.beginExperiments(p)
		if p.month == c.when.facilities {
			p.closeFacilities()
		}
		p.fill()
		p.promote()
		p.exits()
	}
	p.future()
	c.addOthers()
}

// fillAtStart seats those who were there before the data begin.
func (p *population) fillAtStart() {
	for s := range p.seats {
		if p.rng.Float64() < 1-1/spareSeats {
			p.open = append(p.open, vacancy{int32(s), p.rng.IntN(3)})
			continue
		}
		months := int(p.rng.ExpFloat64() * 62)
		hired := p.cal.month(-1 - min(months, margin-2))
		if months > margin-2 {
			hired -= day(30 * min(months-margin+2, 260))
		}
		p.hire(int32(s), p.person(), hired)
	}
}

func (p *population) person() int32 {
	p.persons++
	return int32(p.persons)
}

// hire puts person into a seat.
func (p *population) hire(s, person int32, d day) {
	u := p.seats[s].unit
	part := 1.0
	if x := p.rng.Float64(); x < .06 {
		part = .5
	} else if x < .14 {
		part = .75
	}
	e := int32(len(p.emps))
	p.emps = append(p.emps, employment{
		person: person, entity: p.units[u].entity, kind: employee, hire: d, part: part, seat: s,
		pay:  clip(.99+.07*p.rng.NormFloat64(), .84, 1.18),
		jobs: []job{{from: d, unit: u, title: p.seats[s].title}},
	})
	p.seats[s].holder = e
	p.active = append(p.active, e)
}

// leave ends an employment with a month that holds its last day.
func (p *population) leave(e int32, reason uint8) {
	x := &p.emps[e]
	start, days := p.cal.month(p.month), p.cal.days(p.month)
	x.term = start + day(days)
	if p.rng.Float64() > atMonthEnd {
		x.term = start + 1 + day(p.rng.IntN(days-1))
	}
	x.reason = reason
	x.recorded = x.term - day(20+p.rng.IntN(60))
	if p.rng.Float64() < .05 { // found out late
		x.recorded = x.term + day(4+p.rng.IntN(50))
	}
	x.recorded = max(x.recorded, x.hire)
	x.jobs[len(x.jobs)-1].to = x.term
	p.seats[x.seat].holder = -1
}

// exits ends the employments whose last day lies in this month.
func (p *population) exits() {
	start := p.cal.month(p.month)
	stay := p.active[:0]
	var back []int32
	for _, e := range p.active {
		x := &p.emps[e]
		isNew := x.hire >= start
		voluntary, planned := p.plannedExit(e)
		if !planned {
			voluntary = p.rng.Float64() < monthly(voluntaryRate)
		}
		other := p.rng.Float64()
		switch {
		case isNew:
		case voluntary:
			p.leave(e, resigned)
		case other < monthly(involuntaryRate):
			p.leave(e, uint8(dismissed+p.rng.IntN(3)))
		case other > 1-monthly(breakRate) && !planned:
			p.leave(e, renewed)
			back = append(back, e)
			continue
		}
		if x.term == 0 {
			stay = append(stay, e)
			continue
		}
		p.open = append(p.open, vacancy{x.seat, p.month + 1 + p.rng.IntN(3)})
		if x.reason == resigned {
			p.leavers = append(p.leavers, e)
		}
	}
	p.active = stay
	for _, e := range back {
		x := p.emps[e]
		p.hire(x.seat, x.person, x.term+day(6+p.rng.IntN(18)))
	}
}

// fill puts people into the seats that are due.
func (p *population) fill() {
	due := p.open
	p.open = nil
	for _, v := range due {
		if v.month > p.month {
			p.open = append(p.open, v)
			continue
		}
		if p.rng.Float64() < .25 && p.moveInto(v.seat) {
			continue
		}
		start := p.cal.month(p.month)
		d := start
		if p.rng.Float64() > .8 {
			d += day(p.rng.IntN(p.cal.days(p.month)))
		}
		p.hire(v.seat, p.comer(start), d)
	}
}

// comer returns a new person, or at times one who left months ago.
func (p *population) comer(start day) int32 {
	if len(p.leavers) > 20 && p.rng.Float64() < .04 {
		i := p.rng.IntN(len(p.leavers))
		if e := p.leavers[i]; p.emps[e].term+90 < start {
			p.leavers = append(p.leavers[:i], p.leavers[i+1:]...)
			return p.emps[e].person
		}
	}
	return p.person()
}

// moveInto fills a seat from within: a head from the unit, others from a seat of
// the same title elsewhere in the same legal entity.
func (p *population) moveInto(s int32) bool {
	u := &p.units[p.seats[s].unit]
	start := p.cal.month(p.month)
	for range 6 {
		from := int32(p.rng.IntN(len(p.seats)))
		if int(s) == u.seat && u.seats > 1 {
			from = int32(u.seat + 1 + p.rng.IntN(u.seats-1))
		} else if p.seats[from].title != p.seats[s].title {
			continue
		}
		e := p.seats[from].holder
		if e < 0 || from == s || p.units[p.seats[from].unit].entity != u.entity {
			continue
		}
		x := &p.emps[e]
		if last := x.jobs[len(x.jobs)-1]; last.from+180 > start || x.term != 0 {
			continue
		}
		p.move(e, p.seats[s].unit, p.seats[s].title, start)
		x.seat = s
		p.seats[s].holder, p.seats[from].holder = e, -1
		p.open = append(p.open, vacancy{from, p.month + 1 + p.rng.IntN(3)})
		return true
	}
	return false
}

// move gives an employment another job from day d on.
func (p *population) move(e, u int32, t uint8, d day) {
	x := &p.emps[e]
	x.jobs[len(x.jobs)-1].to = d
	x.jobs = append(x.jobs, job{from: d, unit: u, title: t})
}

// promote raises some people once a year, in January.
func (p *population) promote() {
	if p.cal.season(p.month) != 0 {
		return
	}
	names, start := titles(), p.cal.month(p.month)
	for _, e := range p.active {
		x := &p.emps[e]
		last := x.jobs[len(x.jobs)-1]
		if up := names[last.title].senior; up != 0 && last.from+300 < start && p.rng.Float64() < promotionRate {
			p.move(e, last.unit, uint8(up), start)
		}
	}
}

// closeFacilities merges one department into another: seats and people move.
func (p *population) closeFacilities() {
	from, to := p.merged()
	start := p.cal.month(p.month)
	for s := p.units[from].seat; s < p.units[from].seat+p.units[from].seats; s++ {
		p.seats[s].unit = int32(to)
		if p.seats[s].title == departmentHead {
			p.seats[s].title = specialist
		}
		e := p.seats[s].holder
		if e < 0 {
			continue
		}
		x := &p.emps[e]
		if last := &x.jobs[len(x.jobs)-1]; last.from >= start {
			last.unit, last.title = int32(to), p.seats[s].title
			continue
		}
		p.move(e, int32(to), p.seats[s].title, start)
	}
}

// merged returns the department that is closed and the one that takes it over.
func (c *company) merged() (from, to int) {
	d := c.bases[corporate]
	return d[len(d)-1], d[len(d)-2]
}

// future adds what is known of the months after the data: leavers, transfers
// and hires with a date ahead.
func (p *population) future() {
	end := p.cal.end()
	for i, e := range p.active {
		x := &p.emps[e]
		last := x.jobs[len(x.jobs)-1]
		switch i % 300 {
		case 7:
			x.term, x.reason = p.cal.month(p.cal.months+2), resigned
			x.recorded = end - 9
			x.jobs[len(x.jobs)-1].to = x.term
		case 31:
			group := int(p.units[last.unit].group)
			if group >= len(p.bases) {
				continue // the top of the company has no teams to move to
			}
			for _, b := range p.bases[group] {
				if int32(b) != last.unit && p.units[b].entity == x.entity {
					p.move(e, int32(b), last.title, p.cal.month(p.cal.months+1))
					break
				}
			}
		}
	}
	for _, v := range p.open {
		if p.rng.Float64() < .3 {
			p.hire(v.seat, p.person(), p.cal.month(p.cal.months+1))
		}
	}
}

// addOthers adds contractors, agency workers and interns, who are no headcount.
func (c *company) addOthers() {
	r := c.key("others").generator(0)
	slots := max(4, c.opt.Employees/25)
	for i := range slots {
		k, months := uint8(contractor), 12
		switch {
		case i%10 == 9:
			k, months = intern, 5
		case i%5 < 2:
			k, months = agency, 9
		}
		s := c.seats[r.IntN(len(c.seats))]
		for d := c.cal.month(-1 - r.IntN(months)); d < c.cal.end(); {
			e := employment{kind: k, hire: d, term: d + day(30*(months/2+r.IntN(months))), part: 1, pay: 1, seat: -1}
			c.persons++
			e.person, e.entity = int32(c.persons), c.units[s.unit].entity
			if k == intern {
				e.pay = .45
			}
			e.jobs = []job{{from: d, to: e.term, unit: s.unit, title: [...]uint8{specialist, specialist, analyst, picker}[k]}}
			if k == agency && c.units[s.unit].group != logistics {
				e.jobs[0].title = specialist
			}
			e.reason, e.recorded = contractEnded, d
			d = e.term + day(r.IntN(90))
			c.emps = append(c.emps, e)
		}
	}
}
