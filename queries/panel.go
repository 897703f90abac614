package queries

import (
	"dials/queries/evidence"
	"math"
	"slices"
	"sort"
	"time"
)

// A cell is a unit's month: its value, and what it weighs in a mean or a ratio. A
// month without a value holds NaN.
type cell struct{ value, weight float64 }

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

// A grid holds the cells of some units by unit and month.
type grid struct {
	first int // month
	cells [][]cell
}

func newGrid(units []unitRow, all []cellRow, last time.Time) *grid {
	index := make(map[string]int, len(units))
	for i, u := range units {
		index[u.Unit] = i
	}
	end := monthNumber(last)
	g := &grid{first: end, cells: make([][]cell, len(units))}
	for _, c := range all {
		if _, ok := index[c.unit]; ok {
			g.first = min(g.first, c.month)
		}
	}
	for i := range g.cells {
		g.cells[i] = make([]cell, end-g.first+1)
		for t := range g.cells[i] {
			g.cells[i][t].value = math.NaN()
		}
	}
	for _, c := range all {
		if i, ok := index[c.unit]; ok && c.month <= end {
			g.cells[i][c.month-g.first] = cell{c.value, c.weight}
		}
	}
	return g
}

// share is the share of the units that have a value in a month.
func (g *grid) share(month time.Time) float64 {
	t := monthNumber(month) - g.first
	if t < 0 || len(g.cells) == 0 || t >= len(g.cells[0]) {
		return 0
	}
	n := 0
	for _, row := range g.cells {
		if !math.IsNaN(row[t].value) {
			n++
		}
	}
	return float64(n) / float64(len(g.cells))
}

// row is unit i from a month on.
func (g *grid) row(i int, from time.Time, n int) []cell {
	t := monthNumber(from) - g.first
	return g.cells[i][t : t+n]
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
	for t := range p.launch {
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

// of is the mean of unit i over some months.
func (p *panel) of(i int, months []int) float64 {
	s := 0.0
	for _, t := range months {
		s += p.y[i][t]
	}
	return s / float64(len(months))
}

// recent is the number of months before a launch that are held against the earlier
// ones: units that start when they are at their worst come back by themselves.
const recent = 6

// traits are what units were like before the launch: on the base months the dial's
// level, trend and, where there are enough months, how the last ones differ from the
// earlier ones; and the unit's size, where that is known for all.
func (p *panel) traits() (names []string, x [][]float64) {
	base := p.base()
	level, trend, size := make([]float64, len(p.units)), make([]float64, len(p.units)), make([]float64, len(p.units))
	sized := true
	for i, u := range p.units {
		level[i], trend[i] = p.of(i, base), slopeOf(p.y[i], base)
		switch {
		case u.Heads != nil && *u.Heads > 0:
			size[i] = math.Log(*u.Heads)
		default:
			sized = false
		}
	}
	names, x = []string{"level", "trend"}, [][]float64{level, trend}
	if n := len(base) - recent; n >= recent && !p.isChosen() {
		dip := make([]float64, len(p.units))
		for i := range p.units {
			dip[i] = p.of(i, base[n:]) - p.of(i, base[:n])
		}
		names, x = append(names, "recent months"), append(x, dip)
	}
	if sized {
		names, x = append(names, "size"), append(x, size)
	}
	return names, x
}

// slopeOf is the least squares slope of y per month over some months.
func slopeOf(y []float64, months []int) float64 {
	mt, my := 0.0, 0.0
	for _, t := range months {
		mt += float64(t)
		my += y[t]
	}
	n := float64(len(months))
	mt, my = mt/n, my/n
	num, den := 0.0, 0.0
	for _, t := range months {
		num += (float64(t) - mt) * (y[t] - my)
		den += (float64(t) - mt) * (float64(t) - mt)
	}
	if den == 0 {
		return 0
	}
	return num / den
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

// kindOf is how months of a dial are put together.
func kindOf(l linkRow) evidence.Kind {
	switch {
	case l.UnitAggregation == "ratio":
		return evidence.Ratio
	case l.TimeAggregation == "sum":
		return evidence.Flow
	case l.TimeAggregation == "last":
		return evidence.Level
	}
	return evidence.Mean
}

// companyChange compares the dial of the whole company with the year before launch.
func companyChange(l linkRow, rows []companyRow) evidence.Change {
	if l.LaunchedMonth == nil || l.LastMonth == nil {
		return evidence.Change{Why: "a launch"}
	}
	kind := kindOf(l)
	months := make([]evidence.Month, len(rows))
	for i, r := range rows {
		m := evidence.Month{Month: r.Month, Numerator: r.Numerator, Denominator: r.Denominator, IsComplete: r.IsComplete, Units: r.Units}
		total := r.Total
		m.Value = &total
		if l.UnitAggregation != "sum" {
			m.Value = r.Mean
		}
		if kind == evidence.Mean {
			m.Denominator = r.Weight
		}
		months[i] = m
	}
	return evidence.SinceLaunch(kind, months, *l.LaunchedMonth, l.LastMonth.AddDate(0, 1, 0))
}
