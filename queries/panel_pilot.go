package queries

import (
	"fmt"
	"math"
	"slices"

	"dials/queries/evidence"
	"dials/queries/impact"
)

// minArmTrait is the fewest people of each arm on either side of a trait that is
// adjusted for.
const minArmTrait = 5

// A pilot is an experiment on people: one row per person, without the person.
type pilot struct {
	left, arm []float64
	traits    [][]float64
	names     []string
	facts     evidence.RandomFacts
	months    int
	rows      []pilotRow
}

// newPilot spreads the counts of kinds of people into rows.
func newPilot(rows []pilotRow) *pilot {
	p := &pilot{rows: rows}
	levels := map[string]int64{}
	for _, r := range rows {
		if r.Level != nil {
			levels[*r.Level] += r.People
		}
	}
	common := ""
	for name, n := range levels {
		if common == "" || n > levels[common] || n == levels[common] && name < common {
			common = name
		}
	}
	tenure, frontline, other := []float64{}, []float64{}, []float64{}
	for _, r := range rows {
		arm := &p.facts.Control
		treated := 0.0
		if r.Arm == "treated" {
			arm, treated = &p.facts.Treated, 1
		}
		arm.Assigned += int(r.People)
		if !r.IsKnown {
			arm.Unknown += int(r.People)
			continue
		}
		p.months = int(r.Months)
		left := 0.0
		if r.LeftInMonth != nil {
			left = 1
		}
		for range r.People {
			p.left, p.arm = append(p.left, left), append(p.arm, treated)
			tenure = append(tenure, valueOf(r.Tenure))
			frontline = append(frontline, boolOf(r.IsFrontline))
			other = append(other, boolOf(ptr(r.Level != nil && *r.Level != common)))
		}
	}
	for _, c := range []struct {
		name string
		x    []float64
	}{{"tenure", tenure}, {"frontline", frontline}, {"grade", other}} {
		if p.varies(c.x) && !repeats(c.x, p.traits) {
			p.names, p.traits = append(p.names, c.name), append(p.traits, c.x)
		}
	}
	return p
}

// varies reports whether both arms have people on both sides of a trait.
func (p *pilot) varies(x []float64) bool {
	var least [2]map[float64]int
	least[0], least[1] = map[float64]int{}, map[float64]int{}
	for i, v := range x {
		least[int(p.arm[i])][v]++
	}
	for _, m := range least {
		most, all := 0, 0
		for _, n := range m {
			most, all = max(most, n), all+n
		}
		if all-most < minArmTrait {
			return false
		}
	}
	return true
}

// repeats reports whether a trait follows from others, up to rounding: what is left
// of it beside them and a constant.
func repeats(x []float64, others [][]float64) bool {
	left := centred(x)
	was := dotOf(left, left)
	var q [][]float64
	for _, o := range others {
		c := lessParts(centred(o), q)
		if n := math.Sqrt(dotOf(c, c)); n > 0 {
			for i := range c {
				c[i] /= n
			}
			q = append(q, c)
		}
	}
	left = lessParts(left, q)
	return dotOf(left, left) <= 1e-9*was
}

func centred(x []float64) []float64 {
	m, c := meanOf(x, nil), make([]float64, len(x))
	for i, v := range x {
		c[i] = v - m
	}
	return c
}

// lessParts takes the parts of x along orthonormal directions off.
func lessParts(x []float64, q [][]float64) []float64 {
	for _, o := range q {
		d := dotOf(o, x)
		for i := range x {
			x[i] -= d * o[i]
		}
	}
	return x
}

// studyPilot estimates what an assignment of people at random did to the share that
// leaves by choice within the window, as assigned.
func studyPilot(l linkRow, rows []pilotRow, waves []waveRow, rivals []pilotRivalRow) (study, error) {
	var s study
	p := newPilot(rows)
	from, until := rows[0].From, rows[0].Until
	s.Facts = studyFacts{
		DesignRule: "People were drawn at random.", Scale: scaleShare, IsPeople: true,
		Treated: p.facts.Treated.Assigned, Comparison: p.facts.Control.Assigned, UnitMonths: float64(p.facts.Treated.Assigned),
		MonthsAfter: p.months, First: from, Launched: from, Last: until.AddDate(0, -1, 0), Settings: map[string]any{"window_months": p.months},
	}
	if len(waves) == 0 {
		return s, fmt.Errorf("how people were assigned is not registered")
	}
	for range p.months { // who stays, stays in one month or another
		s.Facts.Exposed = append(s.Facts.Exposed, s.Facts.UnitMonths/float64(p.months))
	}
	for _, w := range waves {
		if w.AssignedBy != "random" {
			return s.chosenPeople(p)
		}
	}
	s.Trial.Reporting = 1
	s.Trial.Design = evidence.Experiment
	frame, err := p.frame()
	if err != nil {
		return s, err
	}
	if _, err := s.run(impact.Spec{Design: "randomized", Outcome: "left", Treated: "arm", Covariates: p.names}, frame); err != nil {
		s.Trial.Design, s.Trial.Estimate = evidence.NoDesign, nil
		return s, fmt.Errorf("randomized: %w", err)
	}
	s.Facts.Estimand = "effect of being drawn on the share that leaves by choice within the window"
	p.facts.IsAsAssigned, p.facts.HasBalance = true, true
	p.facts.BalanceP = omnibus(p.arm, p.traits)
	p.facts.IsLogged = true
	for _, w := range waves {
		p.facts.IsLogged = p.facts.IsLogged && w.AssignedAt != nil && w.AssignedAt.Before(w.Start)
	}
	s.Trial.Random = &p.facts
	p.outcome(&s)
	s.Trial.Worth = worthOf(l, scaleShare, s.Facts.Counterfactual)
	for _, r := range rivals {
		s.Trial.Rivals = append(s.Trial.Rivals, evidence.Rival{Name: r.Name, Treated: r.Treated, Comparison: r.Comparison, IsIndependent: r.IsIndependent})
	}
	s.points = append(s.points, point{Kind: "wave", Name: "1", Month: &s.Facts.Launched})
	return s, nil
}

func (p *pilot) frame() (*impact.Frame, error) {
	columns := []impact.Column{{Name: "left", Numbers: p.left}, {Name: "arm", Numbers: p.arm}}
	for k, name := range p.names {
		columns = append(columns, impact.Column{Name: name, Numbers: p.traits[k]})
	}
	return impact.NewFrame(columns...)
}

// chosenPeople compares people who were chosen, or came forward, with the others: the
// difference that is left on those who took part when both groups are alike in what is known
// of them, by a model of who takes part and one of who leaves. Nobody left before the
// window, so there is no earlier outcome to compare with. It is never more than a
// before/after is; the E-value says how strong what was not measured must be.
func (s study) chosenPeople(p *pilot) (study, error) {
	s.Facts.DesignRule = "People were chosen, not drawn: those who took part are compared with others like them in what is known of both."
	if len(p.names) == 0 {
		return s, fmt.Errorf("nothing that is known of the people tells them apart")
	}
	frame, err := p.frame()
	if err != nil {
		return s, err
	}
	s.Trial.Reporting, s.Trial.Design = 1, evidence.Adjusted
	spec := impact.Spec{Design: "aipw", Outcome: "left", Treated: "arm", Covariates: p.names, Estimand: impact.ATT}
	if _, err := s.run(spec, frame); err != nil {
		s.Trial.Design, s.Trial.Estimate = evidence.NoDesign, nil
		return s, fmt.Errorf("aipw: %w", err)
	}
	s.Facts.Estimand = "difference in the share that leaves by choice within the window, on those who took part"
	p.outcome(&s)
	low, high := s.Trial.Estimate.Interval(0.95)
	s.explainAway(low, high)
	s.points = append(s.points, point{Kind: "adjusted", Name: "aipw", Value: known(s.Trial.Estimate.Value), Low: known(low), High: known(high)})
	return s, nil
}

// explainAway says how strongly something that was not measured must go with taking
// part and with leaving, as risk ratios, to explain the difference: E = RR + √(RR(RR−1)) of
// those who left ÷ those who would have, and of the bound nearer to 1.
func (s *study) explainAway(low, high float64) {
	left, would := valueOf(s.Facts.Observed), valueOf(s.Facts.Counterfactual)
	e, err := impact.EValue(left / would)
	if err != nil {
		return
	}
	bound := 1.0
	if least, most := left/(left-low), left/(left-high); low > 0 || high < 0 {
		if bound, err = impact.EValueInterval(min(least, most), max(least, most)); err != nil {
			bound = 1
		}
	}
	s.Facts.Settings["e_value"], s.Facts.Settings["e_value_bound"] = e, bound
	s.checks = append(s.checks, impact.Check{
		Name: "e-value", Statistic: bound, DF: math.NaN(), P: math.NaN(), Passed: bound > 1,
		Note: "How many times likelier something that was not measured must make both taking part and leaving, to explain the difference.",
	})
}

// outcome sets the share that would have left, and the curve of both arms where
// each month's count is large enough to be shown.
func (p *pilot) outcome(s *study) {
	var known, left [2]float64
	for i, v := range p.left {
		known[int(p.arm[i])]++
		left[int(p.arm[i])] += v
	}
	observed := left[1] / known[1]
	s.Facts.LeastPeople = ptr(int(min(left[0], left[1], known[0]-left[0], known[1]-left[1])))
	s.Facts.Observed, s.Facts.Counterfactual = ptr(observed), ptr(observed-s.Trial.Estimate.Value)
	gone := p.gone()
	for _, m := range tellable(gone) {
		month := s.Facts.Launched.AddDate(0, m, 0)
		s.points = append(s.points, point{Kind: "path", Month: &month, Value: ptr(gone[m][1] / known[1]), Other: ptr(gone[m][0] / known[0])})
	}
}

// gone counts, to the end of each month, who had left of those compared and of
// those with the tactic.
func (p *pilot) gone() [][2]float64 {
	counts := make([][2]float64, p.months)
	for m := range counts {
		if m > 0 {
			counts[m] = counts[m-1]
		}
		for _, r := range p.rows {
			if r.IsKnown && r.LeftInMonth != nil && int(*r.LeftInMonth) == m {
				arm := 0
				if r.Arm == "treated" {
					arm = 1
				}
				counts[m][arm] += float64(r.People)
			}
		}
	}
	return counts
}

// tellable picks, in order, the months whose cumulative counts can be shown: a few
// leavers are told in no arm, neither as a count nor as a step between two months.
// The last month is what the estimate rests on, so the steps are taken back from it.
func tellable(gone [][2]float64) []int {
	few := func(n float64) bool { return n < minArmTrait }
	var months []int
	for m := len(gone) - 1; m >= 0; m-- {
		if few(gone[m][0]) || few(gone[m][1]) {
			break
		}
		if len(months) > 0 {
			next := gone[months[0]]
			if few(next[0]-gone[m][0]) || few(next[1]-gone[m][1]) {
				continue
			}
		}
		months = slices.Insert(months, 0, m)
	}
	return months
}
