package queries

import (
	"math"
	"slices"
	"sort"
	"time"
)

// A panel is the dial of a link's units over the complete months of its window:
// every unit has every month.
type panel struct {
	months   []time.Time
	launch   int // index of the first month with the tactic anywhere
	units    []unitRow
	y        [][]float64 // by unit and month, on the scale of the analysis
	raw      [][]cell
	first    []int // per unit the index of its first month with the tactic, -1 for none
	isLog    bool
	excluded []bool // months on which the units were chosen: no base for a comparison
	from     int    // the first month of the base; those before it are what units were matched on

	reporting float64
	lost      [2]int // units left out since months are missing: treated, others
}

// maxWindow bounds the months on either side of a launch.
const maxWindow = 60

const minReportingShare = 0.80

// newPanel lays out cells for the treated and comparison units. It is nil where
// nothing can be laid out: no month before or none after the launch.
func newPanel(l linkRow, units []unitRow, all []cellRow) *panel {
	chosen := chooseUnits(units)
	if len(chosen) == 0 || l.LastMonth == nil {
		return nil
	}
	g := newGrid(chosen, all, *l.LastMonth)
	launch, end := window(l, chosen)
	p := &panel{reporting: 1}
	for m := launch.AddDate(0, -1, 0); len(p.months) < maxWindow; m = m.AddDate(0, -1, 0) {
		share := g.share(m)
		if share < minReportingShare {
			break
		}
		p.reporting = min(p.reporting, share)
		p.months = append(p.months, m)
	}
	slices.Reverse(p.months)
	p.launch = len(p.months)
	for m := launch; !m.After(end) && len(p.months) < p.launch+maxWindow; m = m.AddDate(0, 1, 0) {
		p.reporting = min(p.reporting, g.share(m))
		p.months = append(p.months, m)
	}
	if p.launch == 0 || p.launch == len(p.months) {
		return nil
	}
	p.fill(l, chosen, g)
	return p
}

// chooseUnits are the treated and those to compare with: the ones that the register
// names as control, else all that have no part.
func chooseUnits(units []unitRow) []unitRow {
	named := slices.ContainsFunc(units, func(u unitRow) bool { return u.Part == "control" })
	var out []unitRow
	treated := false
	for _, u := range units {
		switch {
		case u.Part == "treated" && u.From != nil:
			treated = true
			out = append(out, u)
		case u.Part == "control", u.Part == "other" && !named:
			u.From = nil
			out = append(out, u)
		}
	}
	if !treated {
		return nil
	}
	return out
}

// arms name the units that the register gives a part, in order: each with its first month
// and the end of its part, both empty of a control.
func arms(units []unitRow) []string {
	out := []string{}
	for _, u := range units {
		from, to := "", ""
		switch {
		case u.Part == "treated" && u.From != nil:
			from = u.From.Format(time.DateOnly)
			if u.To != nil {
				to = u.To.Format(time.DateOnly)
			}
		case u.Part != "control":
			continue
		}
		out = append(out, u.Unit+"\x1f"+from+"\x1f"+to)
	}
	return out
}

// window is the first month with the tactic anywhere and the last to look at: the
// last complete one, or the last before the tactic ended anywhere.
func window(l linkRow, units []unitRow) (launch, end time.Time) {
	end = *l.LastMonth
	for _, u := range units {
		if u.From == nil {
			continue
		}
		if launch.IsZero() || u.From.Before(launch) {
			launch = *u.From
		}
		if u.To != nil && !u.To.After(end) && u.To.After(*u.From) {
			end = u.To.AddDate(0, -1, 0)
		}
	}
	return launch, end
}

// fill keeps the units that have every month and puts them on the scale.
func (p *panel) fill(l linkRow, units []unitRow, g *grid) {
	p.isLog = l.UnitAggregation == "sum"
	last := p.months[len(p.months)-1]
	for i, u := range units {
		row := g.row(i, p.months[0], len(p.months))
		whole := true
		for _, c := range row {
			whole = whole && !math.IsNaN(c.value)
			p.isLog = p.isLog && !(c.value <= 0)
		}
		if !whole {
			if u.From != nil {
				p.lost[0]++
			} else {
				p.lost[1]++
			}
			continue
		}
		first := -1
		if u.From != nil && !u.From.After(last) {
			first = max(0, monthsApart(p.months[0], *u.From))
		}
		p.units, p.raw, p.first = append(p.units, u), append(p.raw, row), append(p.first, first)
	}
	if len(units) > 0 {
		p.reporting = min(p.reporting, float64(len(p.units))/float64(len(units)))
	}
	p.y = make([][]float64, len(p.units))
	for i, row := range p.raw {
		p.y[i] = make([]float64, len(row))
		for t, c := range row {
			p.y[i][t] = c.value
			if p.isLog {
				p.y[i][t] = math.Log(c.value)
			}
		}
	}
	p.excluded = make([]bool, len(p.months))
	for _, u := range p.units {
		if u.From == nil || !u.IsChosen {
			continue
		}
		for t, m := range p.months {
			if u.SelectionFrom != nil && u.SelectionTo != nil && t < p.launch &&
				m.AddDate(0, 1, 0).After(*u.SelectionFrom) && m.Before(*u.SelectionTo) {
				p.excluded[t] = true
			}
		}
	}
}

func monthsApart(from, to time.Time) int {
	return (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
}

// isTreated reports whether unit i ever has the tactic in the window.
func (p *panel) isTreated(i int) bool { return p.first[i] >= 0 }

// leads reports whether unit i is of those that are compared with the others before
// the launch: with a tactic, or where all get it, with it first.
func (p *panel) leads(i int) bool {
	return p.isTreated(i) && (slices.Contains(p.first, -1) || p.first[i] == p.launch)
}

func (p *panel) counts() (treated, comparison int) {
	for i := range p.units {
		if p.isTreated(i) {
			treated++
		} else {
			comparison++
		}
	}
	return treated, comparison
}

// dates are the months in which units start, in order.
func (p *panel) dates() []int {
	seen := map[int]bool{}
	var out []int
	for _, f := range p.first {
		if f >= 0 && !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	sort.Ints(out)
	return out
}

// isChosen reports whether treated units were chosen on the dial.
func (p *panel) isChosen() bool {
	return slices.ContainsFunc(p.units, func(u unitRow) bool { return u.From != nil && u.IsChosen })
}

// base are the months before the launch that a comparison may rest on. Where units
// were chosen on the dial, those before the months that they were chosen on: what
// follows them has not come back to the mean yet.
func (p *panel) base() []int {
	var out []int
	for t := p.from; t < p.launch; t++ {
		if p.excluded[t] {
			if len(out) > 0 {
				break
			}
			continue
		}
		out = append(out, t)
	}
	return out
}

// leastMatched is the number of months that units chosen on the dial are matched on at
// least, leastKept that of later ones that they are then measured from.
const leastMatched, leastKept = 12, 6

// alikeOn are the months on which the groups are made alike: the base, and where units were chosen
// on the dial its first half, if the rest is enough to measure from. Units that are matched
// on the months that they are measured from, because they were as low in them, come back up by
// themselves where that was chance.
//
// Source: Daw and Hatfield (2018), Matching and regression to the mean in
// difference-in-differences analysis, Health Services Research 53(6).
func (p *panel) alikeOn() []int {
	base := p.base()
	if n := max(leastMatched, len(base)/2); p.isChosen() && len(base)-n >= leastKept {
		return base[:n]
	}
	return base
}

// exposure is the mean number of months with the tactic over the treated
// unit-months, the first counted as 1, and their number at most 12 a unit.
func (p *panel) exposure() (mean, unitMonths float64) {
	sum, n := 0.0, 0.0
	for _, f := range p.first {
		if f < 0 {
			continue
		}
		k := float64(len(p.months) - f)
		sum += k * (k + 1) / 2
		n += k
		unitMonths += min(12, k)
	}
	if n == 0 {
		return 0, 0
	}
	return sum / n, unitMonths
}

// exposed counts the units with the tactic by month since the launch, each for its
// first 12 months.
func (p *panel) exposed() []float64 {
	out := make([]float64, len(p.months)-p.launch)
	for _, f := range p.first {
		for t := f; f >= 0 && t < min(f+12, len(p.months)); t++ {
			out[t-p.launch]++
		}
	}
	return out
}

// of is the mean of unit i over some months.
func (p *panel) of(i int, months []int) float64 {
	s := 0.0
	for _, t := range months {
		s += p.y[i][t]
	}
	return s / float64(len(months))
}

// together is a group of units as one series, in the metric's unit: Σ for flows,
// weighted by what is behind them for means and ratios.
func (p *panel) together(l linkRow, in func(i int) bool) []float64 {
	out := make([]float64, len(p.months))
	for t := range p.months {
		sum, num, den := 0.0, 0.0, 0.0
		for i, row := range p.raw {
			if !in(i) {
				continue
			}
			c := row[t]
			sum += c.value
			w := c.weight
			if !(w > 0) {
				w = 1
			}
			num += c.value * w
			den += w
		}
		switch {
		case l.UnitAggregation == "sum":
			out[t] = sum
		case den > 0:
			out[t] = num / den
		}
	}
	return out
}
