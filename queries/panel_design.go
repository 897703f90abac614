package queries

import (
	"fmt"
	"math"
	"time"

	"dials/queries/evidence"
	"dials/queries/impact"
)

// A study is one link's estimate with everything that was looked at on the way.
type study struct {
	Trial evidence.Trial
	Facts studyFacts
	// points and checks are for the pages; they are kept with the run.
	points []point
	checks []impact.Check
	events []impact.Effect // per month since the start
	frame  *impact.Frame   // behind the estimate
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
	Exposed        []float64 // units with the tactic by month since the launch, each for at most 12 months; their sum is UnitMonths
	Treated        int
	Comparison     int
	IsPeople       bool
	Arms           []string // who was compared with whom: the treated units since when, and those named as control
	LeastPeople    *int     // in an outcome of an arm
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

// studyPanel estimates the effect in a panel of units.
func studyPanel(l linkRow, p *panel, waves []waveRow, rivals []rivalRow) (study, error) {
	var s study
	c := choose(l, p, waves)
	treated, comparison := p.counts()
	_, unitMonths := p.exposure()
	s.Facts = studyFacts{
		DesignRule: c.rule, RunnersUp: c.runnersUp, IsOverridden: c.overridden, Scale: scaleLevel, UnitMonths: unitMonths, Exposed: p.exposed(),
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
	s.frame = f
	return r, nil
}

func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
