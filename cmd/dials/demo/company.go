package demo

import (
	"fmt"
	"math"
)

// The groups of units; each has its dial.
const (
	sales = iota
	production
	service
	logistics
	corporate
	management
)

// Legal entities.
const (
	germany = iota
	britain
)

func entityName(e uint8) string { return [...]string{"LF-DE", "LF-UK"}[e] }

func entityCurrency(e uint8) string { return [...]string{"EUR", "GBP"}[e] }

// poundsPerEuro is the rate at which British pay is set; the market rate moves
// around its inverse.
const poundsPerEuro = 0.86

// A unit is one node of the organisation.
type unit struct {
	id, name, kind string
	parent         int // -1 at the top
	group          int
	entity         uint8
	location       string
	isBase         bool // a dial is observed for it
	seat, seats    int  // its seats; the first is its head
	people         int  // seats with those of the units below
}

// A title is a canonical job title.
type title struct {
	id, name, family, level string
	isFrontline, isCritical bool
	midpoint                float64 // EUR a year, full time, in 2026
	senior                  int     // the title after a promotion, 0 for none
	spellings               []string
}

// Job titles, by their place in titles().
const (
	chief = iota
	director
	regionHead
	salesLead
	salesJunior
	salesSenior
	lineLead
	operator
	operatorSenior
	inspector
	deskLead
	agent
	agentSenior
	depotLead
	picker
	dispatcher
	departmentHead
	specialist
	analyst
	analystSenior
	titleCount
)

func titles() [titleCount]title {
	return [titleCount]title{
		chief:          {"JT-01", "Chief executive", "Management", "E", false, true, 310000, 0, []string{"CEO"}},
		director:       {"JT-02", "Division director", "Management", "D", false, true, 185000, 0, []string{"Director", "Dir. Division"}},
		regionHead:     {"JT-03", "Regional manager", "Management", "M2", false, true, 112000, 0, []string{"Regional Mgr", "Manager, region"}},
		salesLead:      {"JT-04", "Sales team lead", "Sales", "M1", true, true, 84000, 0, []string{"Team lead sales", "Teamleiter Vertrieb"}},
		salesJunior:    {"JT-05", "Sales consultant", "Sales", "P1", true, false, 54000, salesSenior, []string{"SALES CONSULTANT", "Sales Consultant (m/f/d)", "Verkaufsberater"}},
		salesSenior:    {"JT-06", "Senior sales consultant", "Sales", "P2", true, true, 66000, 0, []string{"Sr. Sales Consultant", "Sales consultant II"}},
		lineLead:       {"JT-07", "Line lead", "Production", "M1", true, true, 61000, 0, []string{"Line leader", "Schichtführer"}},
		operator:       {"JT-08", "Machine operator", "Production", "P1", true, false, 39000, operatorSenior, []string{"Machine Operator", "Operator, machine", "Maschinenführer"}},
		operatorSenior: {"JT-09", "Senior machine operator", "Production", "P2", true, false, 45000, 0, []string{"Sr Machine Operator", "Machine operator II"}},
		inspector:      {"JT-10", "Quality inspector", "Production", "P2", true, true, 47000, 0, []string{"QA inspector", "Qualitätsprüfer"}},
		deskLead:       {"JT-11", "Desk lead", "Service", "M1", true, true, 58000, 0, []string{"Service desk lead", "Teamlead desk"}},
		agent:          {"JT-12", "Service agent", "Service", "P1", true, false, 37000, agentSenior, []string{"Service Agent", "Agent, service desk", "Customer service agent"}},
		agentSenior:    {"JT-13", "Senior service agent", "Service", "P2", true, false, 43500, 0, []string{"Sr. Service Agent", "Service agent II"}},
		depotLead:      {"JT-14", "Depot lead", "Logistics", "M1", true, true, 62000, 0, []string{"Depot manager", "Lagerleiter"}},
		picker:         {"JT-15", "Order picker", "Logistics", "P1", true, false, 34000, dispatcher, []string{"Picker", "ORDER PICKER", "Kommissionierer"}},
		dispatcher:     {"JT-16", "Dispatcher", "Logistics", "P2", true, false, 41000, 0, []string{"Dispatch clerk", "Disponent"}},
		departmentHead: {"JT-17", "Department head", "Corporate", "M2", false, true, 104000, 0, []string{"Head of department", "Abteilungsleitung"}},
		specialist:     {"JT-18", "Specialist", "Corporate", "P1", false, false, 58000, analystSenior, []string{"Fachreferent", "Specialist (f/m/d)"}},
		analyst:        {"JT-19", "Analyst", "Corporate", "P1", false, false, 56000, analystSenior, []string{"Business analyst", "ANALYST"}},
		analystSenior:  {"JT-20", "Senior analyst", "Corporate", "P2", false, true, 71000, 0, []string{"Sr. Analyst", "Analyst II"}},
	}
}

// sizes are the numbers of units; the issue's own where the company is large enough.
type sizes struct{ teams, lines, desks, depots, departments int }

func sizesFor(employees int) sizes {
	units := func(share, people float64, low, high int) int {
		n := int(math.Round(float64(employees) * share / people))
		return max(low, min(high, n))
	}
	return sizes{
		teams:       units(.24, 4, 20, 60),
		lines:       units(.36, 6, 20, 50),
		desks:       units(.16, 4, 16, 40),
		depots:      units(.10, 8, 4, 8),
		departments: units(.12, 8, 4, 10),
	}
}

// spareSeats is how many seats there are a head: some are always vacant.
const spareSeats = 1.05

// addUnits builds the organisation.
func (c *company) addUnits() {
	c.size = sizesFor(c.opt.Employees)
	top := c.unit(unit{id: "LFG", name: "Larkfield Group", kind: "company", parent: -1, group: management, location: "Hamburg"})
	divisions := [...]struct {
		code, name   string
		region, base string // types of the units below
		perRegion, n int
		baseName     string
	}{
		sales:      {"S", "Sales", "region", "team", 10, c.size.teams, "Sales team"},
		production: {"P", "Production", "plant", "line", 10, c.size.lines, "Line"},
		service:    {"V", "Service", "centre", "desk", 10, c.size.desks, "Desk"},
		logistics:  {"L", "Logistics", "", "depot", 1, c.size.depots, "Depot"},
		corporate:  {"C", "Corporate functions", "", "department", 1, c.size.departments, ""},
	}
	departments := []string{"Human resources", "Learning and development", "Finance", "Procurement", "Facilities", "Information technology", "Marketing", "Research", "Quality", "Legal"}
	for g, d := range divisions {
		division := c.unit(unit{id: d.code, name: d.name, kind: "division", parent: top, group: management, location: "Hamburg"})
		c.divisions = append(c.divisions, division)
		parent, regions := division, (d.n+d.perRegion-1)/d.perRegion
		for i := range d.n {
			r := i / d.perRegion
			entity, location := c.place(g, r, regions)
			if d.region != "" && i%d.perRegion == 0 {
				parent = c.unit(unit{
					id: fmt.Sprintf("%s-%s%d", d.code, string(d.region[0]-32), r+1), name: fmt.Sprintf("%s %s %d", d.name, d.region, r+1),
					kind: d.region, parent: division, group: management, entity: entity, location: location,
				})
			}
			name := fmt.Sprintf("%s %d", d.baseName, i+1)
			if g == corporate {
				name = departments[i]
			}
			id := fmt.Sprintf("%s-%02d", d.code, i+1)
			if g == sales {
				id, name = fmt.Sprintf("S-R%02d", i+1), fmt.Sprintf("Sales team R%02d", i+1)
			}
			base := c.unit(unit{id: id, name: name, kind: d.base, parent: parent, group: g, entity: entity, location: location, isBase: true})
			c.bases[g] = append(c.bases[g], base)
		}
	}
}

// place says where the r-th of n regions of a group lies: the last fifth is British.
func (c *company) place(group, r, n int) (uint8, string) {
	if n > 1 && float64(r)+.5 > float64(n)*.8 && group != corporate {
		return britain, [...]string{"Leeds", "Bristol", "Glasgow"}[(r+group)%3]
	}
	if group == corporate {
		return germany, "Hamburg"
	}
	return germany, [...]string{"Hamburg", "München", "Köln", "Leipzig", "Stuttgart"}[(r+group)%5]
}

func (c *company) unit(u unit) int {
	c.units = append(c.units, u)
	return len(c.units) - 1
}

// A seat is one position of a unit, held by one employment at a time.
type seat struct {
	unit   int32
	title  uint8
	holder int32 // employment, or -1 while vacant
}

// groupLimit is how many people a unit has before it is split into groups.
const groupLimit = 45

// addSeats gives each unit its people: a head, and under base units the rest.
func (c *company) addSeats() {
	share := [...]float64{.245, .365, .165, .10, .125}
	heads := [...]uint8{salesLead, lineLead, deskLead, depotLead, departmentHead}
	for i := range c.units {
		u := &c.units[i]
		switch {
		case i == 0:
			c.seatsFor(i, 1, chief)
		case u.kind == "division":
			c.seatsFor(i, 1, director)
		case !u.isBase:
			c.seatsFor(i, 1, regionHead)
		}
	}
	places := float64(c.opt.Employees)*spareSeats - float64(len(c.seats))
	size := c.key("unit size")
	for g, bases := range c.bases {
		weights, total := make([]float64, len(bases)), 0.0
		for i, b := range bases {
			weights[i] = .85 + .3*size.draw(b, 0)
			total += weights[i]
		}
		given, owed := 0, 0.0
		for i, b := range bases {
			owed += places * share[g] * weights[i] / total
			n := max(2, int(math.Round(owed))-given)
			given += n
			c.units[b].people = n
			if n <= groupLimit {
				c.seatsFor(b, n, heads[g])
				continue
			}
			c.seatsFor(b, 1, heads[g])
			c.addGroups(b, n-1, heads[g])
		}
	}
}

// addGroups splits n people of unit b into groups of about 25 below it.
func (c *company) addGroups(b, n int, head uint8) {
	groups := (n + 24) / 25
	for k := range groups {
		u := c.units[b]
		g := c.unit(unit{
			id: fmt.Sprintf("%s-G%02d", u.id, k+1), name: fmt.Sprintf("%s, group %d", u.name, k+1), kind: "group",
			parent: b, group: u.group, entity: u.entity, location: u.location,
		})
		c.seatsFor(g, n*(k+1)/groups-n*k/groups, head)
	}
}

// seatsFor adds n seats to unit u, the first for its head.
func (c *company) seatsFor(u, n int, head uint8) {
	c.units[u].seat, c.units[u].seats = len(c.seats), n
	mix := [...][]uint8{
		sales:      {salesJunior, salesJunior, salesSenior, salesJunior},
		production: {operator, operator, operatorSenior, operator, inspector},
		service:    {agent, agent, agentSenior, agent},
		logistics:  {picker, picker, dispatcher, picker},
		corporate:  {specialist, analyst, analystSenior},
		management: {specialist},
	}[c.units[u].group]
	for i := range n {
		t := head
		if i > 0 {
			t = mix[(i-1)%len(mix)]
		}
		c.seats = append(c.seats, seat{unit: int32(u), title: t, holder: -1})
	}
}

// base returns the unit at or above u for which dials are observed, or u itself.
func (c *company) base(u int) int {
	for x := u; x >= 0; x = c.units[x].parent {
		if c.units[x].isBase {
			return x
		}
	}
	return u
}
