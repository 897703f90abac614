package queries

import (
	"cmp"
	"dials/queries/evidence"
	"dials/queries/impact"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

const (
	panelSeed    = 1
	placeboDraws = 199
	orderDraws   = 999
	// largePanel is the number of units from which small-sample corrections no
	// longer matter, but cost.
	largePanel = 1000
	// fewTreated is the number of treated units below which an effect must also
	// stand out among permutations.
	fewTreated = 10
)

// difference compares units that started at one date with others. Where they were
// not alike before, or were chosen on the dial, the others are weighted to be.
func (s *study) difference(p *panel) error {
	weights := s.compare(p, p.isChosen(), true)
	frame, err := p.frame(weights)
	if err != nil {
		return err
	}
	spec := impact.Spec{Design: "did", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst}
	if weights != nil {
		spec.Weights = columnWeight
	}
	if len(p.units) > largePanel {
		spec.SE = "cluster"
	}
	if _, err := s.run(spec, frame); err != nil {
		return err
	}
	s.placebos(p)
	s.eventStudy(frame, spec)
	s.path(p, weights)
	return nil
}

// compare looks at what the groups were like before the launch, and returns
// weights of units where the comparison needs them and the estimator takes them.
func (s *study) compare(p *panel, mustMatch, mayWeight bool) []float64 {
	treated, comparison := p.counts()
	g := &evidence.GroupFacts{Treated: treated, Comparison: comparison}
	s.Trial.Groups = g
	s.Trial.Series = &evidence.SeriesFacts{Pre: len(p.base()), Post: len(p.months) - p.launch, HasSeason: true, IsSmallSample: true}
	names, x := p.traits()
	limit := evidence.SMDLimit(treated, comparison)
	g.Balance = imbalances(p, names, x, nil)
	alike := true
	for _, b := range g.Balance {
		alike = alike && math.Abs(b.SMD) < limit
	}
	for _, b := range g.Balance {
		s.points = append(s.points, point{Kind: "balance", Name: b.Name, Value: known(b.SMD)})
	}
	var weights []float64
	if mayWeight && (!alike || mustMatch) {
		if weights = balancing(p, x); weights != nil {
			g.IsWeighted = true
			g.Balance = imbalances(p, names, x, weights)
			for i, b := range g.Balance {
				s.points[len(s.points)-len(g.Balance)+i].Other = known(b.SMD)
			}
			if s.Trial.Selection != nil {
				s.Trial.Selection.IsMatched = true
			}
		}
	}
	s.drift(p, weights)
	return weights
}

// imbalances are standardised mean differences, by the pooled deviation of both
// groups without weights.
func imbalances(p *panel, names []string, x [][]float64, weights []float64) []evidence.Imbalance {
	out := make([]evidence.Imbalance, len(names))
	for k, v := range x {
		var in, off, w []float64
		for i := range p.units {
			switch {
			case p.isTreated(i):
				in = append(in, v[i])
			default:
				off = append(off, v[i])
				if weights != nil {
					w = append(w, weights[i])
				}
			}
		}
		s1, s0 := varianceOf(in), varianceOf(off)
		sd := math.Sqrt((s1 + s0) / 2)
		if len(in) < 2 {
			sd = math.Sqrt(s0)
		}
		out[k] = evidence.Imbalance{Name: names[k]}
		m := meanOf(off, w)
		d, rounding := meanOf(in, nil)-m, 1e-9*(1+math.Abs(m))
		switch {
		case sd > rounding:
			out[k].SMD = d / sd
		case math.Abs(d) > rounding:
			out[k].SMD = math.Copysign(99, d) // alike within, apart between
		}
	}
	return out
}

// balanceRidge spreads weights over more units at little cost in balance.
const balanceRidge = 0.02

// balancing weights the comparison units so that their traits are those of the
// treated: at least squares over weights that are not negative and sum to their number. Treated
// units weigh 1. It is nil where there is nothing to weight.
func balancing(p *panel, x [][]float64) []float64 {
	var columns [][]float64
	var who []int
	target := make([]float64, len(x))
	treated, _ := p.counts()
	scaled := make([][]float64, len(x))
	for k, v := range x {
		m, sd := meanOf(v, nil), math.Sqrt(varianceOf(v))
		scaled[k] = make([]float64, len(v))
		for i := range v {
			if sd > 0 {
				scaled[k][i] = (v[i] - m) / sd
			}
			if p.isTreated(i) {
				target[k] += scaled[k][i] / float64(treated)
			}
		}
	}
	for i := range p.units {
		if p.isTreated(i) {
			continue
		}
		c := make([]float64, len(x))
		for k := range x {
			c[k] = scaled[k][i]
		}
		columns, who = append(columns, c), append(who, i)
	}
	if len(who) < 2 {
		return nil
	}
	columns, who = nearest(columns, who, target)
	w, err := impact.SimplexLeastSquares(columns, target, balanceRidge)
	if err != nil {
		return nil
	}
	out := make([]float64, len(p.units))
	for i := range out {
		if p.isTreated(i) {
			out[i] = 1
		}
	}
	for k, i := range who {
		out[i] = w[k] * float64(len(who))
		if w[k] < 1e-8 {
			out[i] = 0
		}
	}
	return out
}

// maxDonors bounds the units that are weighted: the problem grows with their square.
const maxDonors = 1000

// nearest keeps the units whose traits are nearest to the target.
func nearest(columns [][]float64, who []int, target []float64) ([][]float64, []int) {
	if len(who) <= maxDonors {
		return columns, who
	}
	order := make([]int, len(who))
	far := make([]float64, len(who))
	for i, c := range columns {
		order[i] = i
		for k, v := range c {
			far[i] += (v - target[k]) * (v - target[k])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(far[a], far[b]) })
	near, units := make([][]float64, maxDonors), make([]int, maxDonors)
	for i := range maxDonors {
		near[i], units[i] = columns[order[i]], who[order[i]]
	}
	return near, units
}

// drift is the difference in trend before the launch that a test of 80 % power
// would have seen, per month.
//
//	(t_.975 + t_.8)·se    se² = s₁²/n₁ + s₀²·Σw²
func (s *study) drift(p *panel, weights []float64) {
	g := s.Trial.Groups
	base := p.base()
	if len(base) < minBase || g.Treated+g.Comparison < 4 {
		return
	}
	var in, off, w []float64
	for i := range p.units {
		slope := slopeOf(p.y[i], base)
		if p.isTreated(i) {
			in = append(in, slope)
			continue
		}
		off = append(off, slope)
		if weights != nil {
			w = append(w, weights[i])
		}
	}
	if len(off) < 2 {
		return
	}
	s1 := varianceOf(in)
	if len(in) < 2 {
		s1 = varianceOf(off)
	}
	share := 1 / float64(len(off))
	if w != nil {
		sum, square := 0.0, 0.0
		for _, v := range w {
			sum += v
			square += v * v
		}
		share = square / (sum * sum)
	}
	se := math.Sqrt(s1/float64(len(in)) + varianceOf(off)*share)
	t := distuv.StudentsT{Sigma: 1, Nu: float64(len(in) + len(off) - 2)}
	g.Drift, g.HasDrift = (t.Quantile(0.975)+t.Quantile(0.8))*se, true
	g.Exposure, _ = p.exposure()
	apart := meanOf(in, nil) - meanOf(off, w)
	check := impact.Check{Name: "pre-trend", Statistic: apart, DF: t.Nu, P: 1, Passed: true, Note: "Difference in trend per month before the launch."}
	if se > 0 {
		check.P = 2 * t.Survival(math.Abs(apart)/se)
		check.Passed = check.P >= 0.05
	}
	s.checks = append(s.checks, check)
}

// placebos assigns the dates to other units, at random, and ranks the true effect:
//
//	p = (1 + #{|placebo| ≥ |effect|}) / (1 + draws)
//
// by the change of the treated since their date against those never treated.
func (s *study) placebos(p *panel) {
	g := s.Trial.Groups
	if g.Comparison < 2 {
		return
	}
	first := append([]int(nil), p.first...)
	actual := math.Abs(contrastOf(p, first))
	r := rand.New(rand.NewPCG(panelSeed, 19))
	larger := 0
	for range placeboDraws {
		r.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
		v := contrastOf(p, first)
		if math.Abs(v) >= actual {
			larger++
		}
		s.points = append(s.points, point{Kind: "placebo", Value: known(v)})
	}
	g.Placebos = placeboDraws
	g.PlaceboP = float64(1+larger) / float64(1+placeboDraws)
	if e := s.Trial.Estimate; g.Treated < fewTreated && g.PlaceboP > e.P {
		e.P, e.IsByPermutation = g.PlaceboP, true
	}
}

// contrastOf is the mean over units with a date of their change since, against the
// mean of those without.
func contrastOf(p *panel, first []int) float64 {
	base := p.base()
	never := make([]float64, len(p.months))
	n := 0.0
	for i, f := range first {
		if f < 0 {
			n++
			for t, v := range p.y[i] {
				never[t] += v
			}
		}
	}
	// running sums of the comparison since each month
	since := make([]float64, len(never)+1)
	for t := len(never) - 1; t >= 0; t-- {
		never[t] /= n
		since[t] = since[t+1] + never[t]
	}
	before := 0.0
	for _, t := range base {
		before += never[t] / float64(len(base))
	}
	sum, k := 0.0, 0.0
	for i, f := range first {
		if f < 0 {
			continue
		}
		after := 0.0
		for t := f; t < len(p.y[i]); t++ {
			after += p.y[i][t]
		}
		months := float64(len(p.y[i]) - f)
		sum += (after-since[f])/months - (p.of(i, base) - before)
		k++
	}
	return sum / k
}

// rollOut compares each wave with the units that had not started.
func (s *study) rollOut(p *panel, waves []waveRow, isRandom bool) error {
	s.compare(p, false, false)
	frame, err := p.frame(nil)
	if err != nil {
		return err
	}
	spec := impact.Spec{Design: "staggered", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst, Control: "not-yet", SE: "cr2"}
	if isRandom {
		spec.Method, spec.SE, spec.Control = "efficient", "", ""
	}
	r, err := s.run(spec, frame)
	if err != nil {
		return err
	}
	for name, e := range r.Aggregates {
		s.points = append(s.points, point{Kind: "average", Name: name, Value: known(e.Value), Low: known(e.Lo), High: known(e.Hi)})
	}
	s.eventPoints(r)
	if err := s.imputed(frame, r, p, isRandom); err != nil {
		return err
	}
	s.placebos(p)
	s.order(p, waves)
	s.path(p, nil)
	if isRandom {
		s.randomUnits(p, waves)
	}
	return nil
}

// minCalmP is how surely the months before the starts must be out of line with the
// earlier ones, so that they are no base.
const minCalmP = 0.05

// imputed estimates the roll-out by imputation too, which rests on all months before.
// Where the last months before the starts are out of line, that is the estimate,
// without them: an estimate that rests on the last month alone would take its way
// back for an effect.
func (s *study) imputed(f *impact.Frame, r *impact.Report, p *panel, isRandom bool) error {
	spec := impact.Spec{Design: "imputation", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst}
	calm := p.beforeStarts()
	s.checks = append(s.checks, impact.Check{
		Name: "months-before-starts", Statistic: calm, P: calm, Passed: calm >= minCalmP,
		Note: "Whether the last months before each start were in line with the earlier ones.",
	})
	if calm >= minCalmP || isRandom {
		s.beside(spec, f)
		return nil
	}
	e := *r.Effect
	s.points = append(s.points, point{Kind: "beside", Name: r.Design, Value: known(e.Value), Low: known(e.Lo), High: known(e.Hi)})
	s.Facts.DesignRule += " The last months before the starts were out of line, so the earlier ones are the base."
	spec.Anticipation = recent
	_, err := s.run(spec, f)
	return err
}

// beforeStarts is the p-value of the last one, three and six months before each
// unit's start against its earlier months, and against those never treated: the
// least of three t tests, times three.
func (p *panel) beforeStarts() float64 {
	never := make([]float64, len(p.months))
	n := 0.0
	for i := range p.units {
		if !p.isTreated(i) {
			n++
			for t, v := range p.y[i] {
				never[t] += v
			}
		}
	}
	if n == 0 {
		return 1
	}
	least := 1.0
	for _, k := range []int{1, 3, recent} {
		var d []float64
		for i, f := range p.first {
			if f < 2*recent {
				continue
			}
			late, early := 0.0, 0.0
			for t := range f {
				v := p.y[i][t] - never[t]/n
				switch {
				case t >= f-k:
					late += v / float64(k)
				case t < f-recent:
					early += v / float64(f-recent)
				}
			}
			d = append(d, late-early)
		}
		if len(d) < 3 || varianceOf(d) == 0 {
			continue
		}
		t := math.Abs(meanOf(d, nil)) / math.Sqrt(varianceOf(d)/float64(len(d)))
		least = min(least, 2*distuv.StudentsT{Sigma: 1, Nu: float64(len(d) - 1)}.Survival(t))
	}
	return min(1, 3*least)
}

// order tests whether the order of the waves and the choice of the units went with
// what they were like before.
func (s *study) order(p *panel, waves []waveRow) {
	names, x := p.traits()
	dial := len(x)
	if names[dial-1] == "size" {
		dial--
	}
	w := &evidence.WaveFacts{Waves: len(p.dates()), OnlyUntreated: true, IsByRule: len(waves) > 0, IsLogged: len(waves) > 0, OrderP: 1, ChosenP: 1}
	for _, v := range waves {
		w.IsByRule = w.IsByRule && (v.AssignedBy == "order" || v.AssignedBy == "random")
		w.IsLogged = w.IsLogged && v.AssignedAt != nil && v.AssignedAt.Before(p.months[p.launch])
	}
	chosen, dates := make([]float64, len(p.units)), []float64{}
	among := make([][]float64, len(x))
	for i := range p.units {
		if !p.isTreated(i) {
			continue
		}
		chosen[i] = 1
		dates = append(dates, float64(p.first[i]))
		for k := range x {
			among[k] = append(among[k], x[k][i])
		}
	}
	w.OrderP = omnibus(dates, among[:dial])
	if len(dates) < len(p.units) {
		w.ChosenP = omnibus(chosen, x)
	}
	s.Trial.Waves = w
}

// synthetic compares few units with a weighted mix of the others, and ranks the
// effect among mixes of the same size that had no tactic.
func (s *study) synthetic(p *panel) error {
	s.compare(p, p.isChosen(), true)
	g := s.Trial.Groups
	base := p.base()
	var donors, treated [][]float64
	cut := func(i int) []float64 {
		row := make([]float64, 0, len(p.months))
		for _, t := range base {
			row = append(row, p.y[i][t])
		}
		return append(row, p.y[i][p.launch:]...)
	}
	for i := range p.units {
		if p.isTreated(i) {
			treated = append(treated, cut(i))
		} else {
			donors = append(donors, cut(i))
		}
	}
	fit := func(rows [][]float64, control int) (*impact.SyntheticDiDResult, error) {
		return impact.SyntheticDiD(impact.Block{Y: rows, Control: control, Before: len(base)}, impact.SDIDOptions{})
	}
	d, err := fit(append(append([][]float64{}, donors...), treated...), len(donors))
	if err != nil {
		return err
	}
	sum, square, larger, n := 0.0, 0.0, 0, 0
	for _, set := range placeboSets(len(donors), len(treated)) {
		var rest, fake [][]float64
		in := map[int]bool{}
		for _, i := range set {
			in[i] = true
		}
		for i, row := range donors {
			if in[i] {
				fake = append(fake, row)
			} else {
				rest = append(rest, row)
			}
		}
		r, err := fit(append(rest, fake...), len(rest))
		if err != nil {
			continue
		}
		n++
		sum += r.Effect
		square += r.Effect * r.Effect
		if math.Abs(r.Effect) >= math.Abs(d.Effect) {
			larger++
		}
		s.points = append(s.points, point{Kind: "placebo", Value: known(r.Effect)})
	}
	if n < 2 {
		return fmt.Errorf("%w: no placebo could be estimated", impact.ErrTooFew)
	}
	se := math.Sqrt(max(0, square/float64(n)-sum*sum/float64(n*n)))
	if !(se > 0) {
		return fmt.Errorf("%w: the placebos do not vary", impact.ErrTooFew)
	}
	s.Trial.Estimate = estimateOf(impact.NewEstimate(d.Effect, se, math.Inf(1), 0.95))
	g.Placebos, g.PlaceboP = n, float64(1+larger)/float64(1+n)
	if g.PlaceboP > s.Trial.Estimate.P {
		s.Trial.Estimate.P, s.Trial.Estimate.IsByPermutation = g.PlaceboP, true
	}
	s.Facts.Estimand = "ATT, by weighted difference in differences"
	s.Facts.Settings["se"], s.Facts.Settings["placebos"] = "placebo", n
	s.Facts.Command = command(impact.Spec{Design: "sdid", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst, SE: "placebo"})
	weights := make([]float64, len(p.units))
	k := 0
	for i, u := range p.units {
		weights[i] = 1
		if !p.isTreated(i) {
			weights[i] = d.Omega[k] * float64(len(donors))
			s.points = append(s.points, point{Kind: "weight", Name: u.Unit, Value: known(d.Omega[k])})
			k++
		}
	}
	s.path(p, weights)
	return nil
}

// placeboSets are the sets of k of n donors to try: each alone, or random ones.
func placeboSets(n, k int) [][]int {
	var sets [][]int
	if k == 1 {
		for i := range n {
			sets = append(sets, []int{i})
		}
		return sets
	}
	r := rand.New(rand.NewPCG(panelSeed, 21))
	for range placeboDraws {
		sets = append(sets, r.Perm(n)[:min(k, n-2)])
	}
	return sets
}

// beside keeps another method's answer.
func (s *study) beside(spec impact.Spec, f *impact.Frame) {
	if r, err := impact.Run(spec, f); err == nil && r.Effect != nil {
		s.points = append(s.points, point{Kind: "beside", Name: spec.Design, Value: known(r.Effect.Value), Low: known(r.Effect.Lo), High: known(r.Effect.Hi)})
	}
}

// maxEventRows bounds the event study, which has a column for each month.
const maxEventRows = 200_000

func (s *study) eventStudy(f *impact.Frame, spec impact.Spec) {
	if f.Rows() > maxEventRows {
		return
	}
	spec.Design, spec.SE = "event-study", ""
	r, err := impact.Run(spec, f)
	if err != nil {
		return
	}
	// its joint test needs far more units than periods; the drift is what is judged
	s.eventPoints(r)
}

func (s *study) eventPoints(r *impact.Report) {
	for _, e := range r.Effects {
		if e.Kind != impact.KindEvent {
			continue
		}
		s.events = append(s.events, e)
		pt := point{Kind: "event", X: known(e.EventTime), Value: known(e.Estimate.Value), Low: known(e.BandLo), High: known(e.BandHi)}
		if pt.Low == nil {
			pt.Low, pt.High = known(e.Estimate.Lo), known(e.Estimate.Hi)
		}
		s.points = append(s.points, pt)
	}
}

// horizons are the months after which it is asked what is left of an effect.
var horizons = [...]int{3, 6, 12, 24, 36, 60}

// persistence is the effect at each horizon and what that is of the effect in the
// three months after the lag that the link expects, which was stated beforehand.
// Months of one unit hang together, so three of them are known no better than one.
func (s *study) persistence(l linkRow) {
	mean := func(from int) (evidence.Estimate, bool) {
		var e evidence.Estimate
		n := 0.0
		for _, v := range s.events {
			if v.EventTime >= float64(from) && v.EventTime < float64(from+3) && v.Estimate.StdErr > 0 {
				e.Value += v.Estimate.Value / 3
				e.StdErr += v.Estimate.StdErr / 3
				n++
			}
		}
		return e, n == 3
	}
	lag := 0
	if l.Lag != nil {
		lag = max(0, int(*l.Lag))
	}
	window, stated := mean(lag)
	for _, h := range horizons {
		e, ok := mean(h - 3)
		if !ok {
			continue
		}
		low, high := e.Interval(0.95)
		s.points = append(s.points, point{Kind: "kept", X: ptr(float64(h)), Value: known(e.Value), Low: known(low), High: known(high)})
		if ratio, low, high, ok := evidence.Retention(e, window, 0.95); stated && ok && h-3 > lag {
			s.points = append(s.points, point{Kind: "retention", X: ptr(float64(h)), Value: known(ratio), Low: known(low), High: known(high)})
		}
	}
}

// path is the mean of the treated units and what the comparison makes one expect of
// them: the comparison's own path, moved to the treated's level before the launch.
func (s *study) path(p *panel, weights []float64) {
	base := p.base()
	n := len(p.months)
	in, off := make([]float64, n), make([]float64, n)
	wi, wo := 0.0, 0.0
	for i := range p.units {
		w, to := 1.0, in
		if p.isTreated(i) {
			wi++
		} else {
			to = off
			if weights != nil {
				w = weights[i]
			}
			wo += w
		}
		for t, v := range p.y[i] {
			to[t] += w * v
		}
	}
	shift := 0.0
	for t := range n {
		in[t] /= wi
		if wo > 0 {
			off[t] /= wo
		}
	}
	for _, t := range base {
		shift += (in[t] - off[t]) / float64(len(base))
	}
	for t := range n {
		pt := point{Kind: "path", Month: &p.months[t], Value: known(s.offScale(in[t]))}
		if wo > 0 {
			pt.Other = known(s.offScale(off[t] + shift))
		}
		s.points = append(s.points, pt)
	}
}

func meanOf(x, w []float64) float64 {
	sum, n := 0.0, 0.0
	for i, v := range x {
		k := 1.0
		if w != nil {
			k = w[i]
		}
		sum += k * v
		n += k
	}
	return sum / n
}

// varianceOf has the divisor n − 1; it is 0 for fewer than two values.
func varianceOf(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	m, s := meanOf(x, nil), 0.0
	for _, v := range x {
		s += (v - m) * (v - m)
	}
	return s / float64(len(x)-1)
}
