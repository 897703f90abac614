package queries

import (
	"dials/queries/evidence"
	"dials/queries/impact"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A study is one link's estimate with everything that was looked at on the way.
type study struct {
	Trial evidence.Trial
	Facts studyFacts
	// points and checks are for the pages; they are kept with the run.
	points []point
	checks []impact.Check
	events []impact.Effect // per month since the start
}

// studyFacts say what an estimate is of. Numbers that are not known are nil.
type studyFacts struct {
	DesignRule     string
	RunnersUp      []string
	IsOverridden   bool
	Estimand       string
	Scale          string
	Naive          *float64
	Counterfactual *float64 // in metric units, per unit and month
	Observed       *float64
	UnitMonths     float64
	Treated        int
	Comparison     int
	IsPeople       bool
	LeastPeople    *int // in an outcome of an arm
	MonthsBefore   int
	MonthsAfter    int
	First, Last    time.Time
	Launched       time.Time
	Settings       map[string]any
	Command        string
}

// A point is one point of a curve of a study.
type point struct {
	Kind, Name              string
	X                       *float64
	Month                   *time.Time
	Value, Other, Low, High *float64
}

// Scales of effects.
const (
	scaleLevel = "level" // in units of the metric
	scaleLog   = "log"   // differences of logarithms
	scaleShare = "share" // of people
)

// minBase is the fewest months before a launch for any estimate.
const minBase = 3

// A choice is a design with the reason for it.
type choice struct {
	design     evidence.Design
	rule       string
	runnersUp  []string
	isRandom   bool
	overridden bool
}

// choose picks the design for a panel by rule, from the strongest that the roll-out
// allows:
//
//	dates or units at random      the randomised design
//	several dates                 each wave against those not started
//	1 to 4 units, 10 or more others, 12 months before   synthetic difference in differences
//	5 or more units and others    difference in differences
//	nobody to compare with        the series before and after
//
// A person may name another feasible design in the link.
func choose(l linkRow, p *panel, waves []waveRow) choice {
	treated, comparison := p.counts()
	dates := p.dates()
	random := len(waves) > 0
	for _, w := range waves {
		random = random && w.AssignedBy == "random"
	}
	type option struct {
		ok     bool
		design evidence.Design
		rule   string
	}
	options := []option{
		{random && comparison >= 2 && treated >= 2 && len(dates) == 1, evidence.Experiment, "Units were drawn at random for one date."},
		{len(dates) > 1 && treated+comparison >= 4 && (comparison >= 2 || len(dates) > 2), evidence.RollOut, "It started at different dates: each start is compared with units that had not started."},
		{treated <= 4 && comparison >= 10 && len(p.base()) >= 12 && len(dates) == 1, evidence.Synthetic, "Few units started: they are compared with a weighted mix of others that moved alike before."},
		{treated >= 2 && comparison >= 2 && len(dates) == 1, evidence.Difference, "Units that started at one date are compared with units that did not."},
		{true, evidence.Series, "There is nobody to compare with: the months since are compared with what the months before lead one to expect."},
	}
	var c choice
	for _, o := range options {
		if !o.ok {
			continue
		}
		if c.design == evidence.NoDesign {
			c.design, c.rule = o.design, o.rule
			c.isRandom = random && o.design != evidence.Series
			continue
		}
		c.runnersUp = append(c.runnersUp, string(o.design))
	}
	if l.Override == nil || string(c.design) == strings.TrimSpace(*l.Override) {
		return c
	}
	for _, o := range options {
		if o.ok && string(o.design) == strings.TrimSpace(*l.Override) {
			c.runnersUp = append(slices.DeleteFunc(c.runnersUp, func(d string) bool { return d == string(o.design) }), string(c.design))
			c.design, c.overridden = o.design, true
			c.rule = "A person chose this design in the link."
			return c
		}
	}
	c.rule += fmt.Sprintf(" The link asks for %q, which this roll-out does not allow.", *l.Override)
	return c
}

// studyPanel estimates the effect in a panel of units.
func studyPanel(l linkRow, p *panel, waves []waveRow, rivals []rivalRow) (study, error) {
	var s study
	c := choose(l, p, waves)
	treated, comparison := p.counts()
	_, unitMonths := p.exposure()
	s.Facts = studyFacts{
		DesignRule: c.rule, RunnersUp: c.runnersUp, IsOverridden: c.overridden, Scale: scaleLevel, UnitMonths: unitMonths,
		Treated: treated, Comparison: comparison, MonthsBefore: len(p.base()), MonthsAfter: len(p.months) - p.launch,
		First: p.months[0], Last: p.months[len(p.months)-1], Launched: p.months[p.launch], Settings: map[string]any{},
	}
	if p.isLog {
		s.Facts.Scale = scaleLog
	}
	s.Trial.Reporting = p.reporting
	if len(p.base()) < minBase {
		return s, fmt.Errorf("%d complete months before the launch, %d are needed", len(p.base()), minBase)
	}
	if p.isChosen() {
		s.Trial.Selection = &evidence.SelectionFacts{EarlierMonths: len(p.base()), IsLeftOut: true}
	}
	s.Trial.Design = c.design
	var err error
	switch c.design {
	case evidence.Series:
		err = s.series(l, p)
	case evidence.Experiment:
		err = s.drawnUnits(p, waves)
	case evidence.RollOut:
		err = s.rollOut(p, waves, c.isRandom)
	case evidence.Synthetic:
		err = s.synthetic(p)
	default:
		err = s.difference(p)
	}
	if err != nil {
		s.Trial.Design, s.Trial.Estimate = evidence.NoDesign, nil
		return s, fmt.Errorf("%s: %w", c.design, err)
	}
	s.levels(l, p)
	s.Trial.Rivals = rivalsOf(p, rivals, c.design == evidence.Series)
	s.Trial.Worth = worthOf(l, s.Facts.Scale, s.Facts.Counterfactual)
	s.waveMarks(p, rivals)
	s.persistence(l)
	return s, nil
}

// levels sets what was and what would have been, in metric units per unit and month
// (of a series of means or ratios, of the series), and the naive before/after.
func (s *study) levels(l linkRow, p *panel) {
	sum, n, after, before := 0.0, 0.0, 0.0, 0.0
	from := max(0, p.launch-12)
	if s.Trial.Design == evidence.Series {
		y := p.together(l, p.isTreated)
		for _, v := range y[p.launch:] {
			sum += v
			n++
		}
		for _, v := range y[from:p.launch] {
			before += s.onScale(v) / float64(p.launch-from)
		}
		for _, v := range y[p.launch:] {
			after += s.onScale(v) / n
		}
	} else {
		units := 0.0
		for i, f := range p.first {
			if f < 0 {
				continue
			}
			units++
			var post []int
			for t := f; t < len(p.months); t++ {
				sum += p.raw[i][t].value
				n++
				post = append(post, t)
			}
			pre := p.naiveBase(f)
			if len(pre) > 0 {
				before += p.of(i, pre)
				after += p.of(i, post)
			}
		}
		before, after = before/units, after/units
	}
	observed := sum / n
	counter := observed - s.Trial.Estimate.Value
	if s.Facts.Scale == scaleLog {
		counter = observed / math.Exp(s.Trial.Estimate.Value)
	}
	s.Facts.Observed, s.Facts.Counterfactual = known(observed), known(counter)
	s.Facts.Naive = known(after - before)
}

// naiveBase are the months that somebody would compare with who knows no better:
// the year before, or the months that the units were chosen on.
func (p *panel) naiveBase(first int) []int {
	var chosen, year []int
	for t := max(0, first-12); t < first; t++ {
		year = append(year, t)
		if p.excluded[t] {
			chosen = append(chosen, t)
		}
	}
	if len(chosen) > 0 {
		return chosen
	}
	return year
}

func (s *study) onScale(v float64) float64 {
	if s.Facts.Scale == scaleLog {
		return math.Log(v)
	}
	return v
}

// worthOf is the smallest effect worth having on the scale of the estimate: the
// link's target against its baseline, of what would have been.
func worthOf(l linkRow, scale string, counterfactual *float64) float64 {
	if l.Baseline == nil || l.Target == nil || *l.Target == *l.Baseline {
		return 0
	}
	if *l.Baseline == 0 {
		if scale == scaleLog {
			return 0
		}
		return math.Abs(*l.Target)
	}
	relative := *l.Target / *l.Baseline - 1
	switch {
	case scale == scaleLog && relative > -1:
		return math.Abs(math.Log1p(relative))
	case scale == scaleLog, counterfactual == nil:
		return 0
	}
	return math.Abs(relative * *counterfactual)
}

// rivalsOf says how far each rival touched treated and comparison units. Of a
// series, the months before the launch are what is compared with.
func rivalsOf(p *panel, rows []rivalRow, isSeries bool) []evidence.Rival {
	index := map[string]int{}
	for i, u := range p.units {
		index[u.Unit] = i
	}
	treated, comparison := p.counts()
	last := p.months[len(p.months)-1]
	type touch struct {
		rival               evidence.Rival
		treated, comparison map[int]bool
		before              float64 // unit-months
	}
	var order []string
	touched := map[string]*touch{}
	for _, r := range rows {
		i, ok := index[r.Unit]
		if !ok {
			continue
		}
		t := touched[r.ID]
		if t == nil {
			t = &touch{rival: evidence.Rival{Name: r.Name, IsIndependent: true}, treated: map[int]bool{}, comparison: map[int]bool{}}
			touched[r.ID] = t
			order = append(order, r.ID)
		}
		t.rival.IsIndependent = t.rival.IsIndependent && r.IsIndependent
		start := p.months[p.launch]
		if p.isTreated(i) {
			for _, m := range p.months[:p.launch] {
				if !m.Before(r.From) && (r.To == nil || m.Before(*r.To)) {
					t.before++
				}
			}
		}
		if r.From.After(last) || r.To != nil && !r.To.After(start) {
			continue
		}
		if p.isTreated(i) {
			t.treated[i] = true
		} else {
			t.comparison[i] = true
		}
	}
	var out []evidence.Rival
	for _, id := range order {
		t := touched[id]
		t.rival.Treated = float64(len(t.treated)) / float64(treated)
		switch {
		case isSeries:
			t.rival.Comparison = t.before / float64(treated*p.launch)
		case comparison > 0:
			t.rival.Comparison = float64(len(t.comparison)) / float64(comparison)
		}
		if len(t.treated)+len(t.comparison) > 0 || isSeries && t.before > 0 {
			out = append(out, t.rival)
		}
	}
	return out
}

// waveMarks are the starts of the tactic and of its rivals, for charts.
func (s *study) waveMarks(p *panel, rivals []rivalRow) {
	for k, d := range p.dates() {
		s.points = append(s.points, point{Kind: "wave", Name: fmt.Sprint(k + 1), Month: &p.months[d]})
	}
	seen := map[string]bool{}
	for _, r := range rivals {
		if !seen[r.ID] {
			seen[r.ID] = true
			from := r.From
			s.points = append(s.points, point{Kind: "rival", Name: r.Name, Month: &from})
		}
	}
}

// estimateOf takes over an estimate of package impact.
func estimateOf(e impact.Estimate) *evidence.Estimate {
	df := e.DF
	if math.IsInf(df, 1) || math.IsNaN(df) {
		df = 0
	}
	return &evidence.Estimate{Value: e.Value, StdErr: e.StdErr, DF: df, P: e.P}
}

// run estimates a spec and keeps what it says about itself.
func (s *study) run(spec impact.Spec, f *impact.Frame) (*impact.Report, error) {
	r, err := impact.Run(spec, f)
	if err != nil {
		return nil, err
	}
	if r.Effect == nil || math.IsNaN(r.Effect.Value) || math.IsNaN(r.Effect.StdErr) || !(r.Effect.StdErr > 0) || math.IsInf(r.Effect.StdErr, 0) {
		return nil, fmt.Errorf("%w: the effect has no error", impact.ErrTooFew)
	}
	s.Trial.Estimate = estimateOf(*r.Effect)
	s.Facts.Estimand = r.Estimand
	for k, v := range r.Settings {
		s.Facts.Settings[k] = v
	}
	s.checks = append(s.checks, r.Checks...)
	s.Facts.Command = command(spec)
	return r, nil
}

// command is how a person gets the same estimate from an extract of the panel.
func command(s impact.Spec) string {
	parts := []string{"dials estimate", "--design", s.Design}
	add := func(flag, value string) {
		if value != "" {
			parts = append(parts, "--"+flag, value)
		}
	}
	add("outcome", s.Outcome)
	add("unit", s.Unit)
	add("time", s.Time)
	add("treated", s.Treated)
	add("first-treated", s.FirstTreated)
	add("at", s.At)
	add("covariates", strings.Join(s.Covariates, ","))
	add("weights", s.Weights)
	add("control", s.Control)
	add("method", s.Method)
	add("se", s.SE)
	add("season", s.Season)
	if s.Anticipation > 0 {
		add("anticipation", fmt.Sprint(s.Anticipation))
	}
	return strings.Join(append(parts, "panel.csv"), " ")
}

// Columns of a panel's frame and of its extract.
const (
	columnUnit, columnMonth, columnOutcome, columnFirst, columnWeight = "unit", "month", "outcome", "first", "weight"
)

// frame is the panel as columns. Months that the comparison may not rest on are
// left out; weights are per unit, nil where all count alike.
func (p *panel) frame(weights []float64) (*impact.Frame, error) {
	keep := make([]bool, len(p.months))
	for _, t := range p.base() {
		keep[t] = true
	}
	for t := p.launch; t < len(keep); t++ {
		keep[t] = true
	}
	var unit, month, first []string
	var y, w []float64
	for i, u := range p.units {
		if weights != nil && weights[i] == 0 {
			continue
		}
		started := ""
		if p.isTreated(i) {
			started = p.months[p.first[i]].Format(time.DateOnly)
		}
		for t, m := range p.months {
			if !keep[t] {
				continue
			}
			unit, month, first = append(unit, u.Unit), append(month, m.Format(time.DateOnly)), append(first, started)
			y = append(y, p.y[i][t])
			if weights != nil {
				w = append(w, weights[i])
			}
		}
	}
	columns := []impact.Column{
		{Name: columnUnit, Text: unit},
		{Name: columnMonth, Text: month},
		{Name: columnOutcome, Numbers: y},
		{Name: columnFirst, Text: first},
	}
	if weights != nil {
		columns = append(columns, impact.Column{Name: columnWeight, Numbers: w})
	}
	return impact.NewFrame(columns...)
}

func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
