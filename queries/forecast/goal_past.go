package forecast

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"dials/queries/survival"
)

// A Past is a goal with what came of it.
type Past struct {
	Goal
	Finish      int // the day on which it was done; 0 is not known, or not done
	IsAbandoned bool
}

// A Calibration says how far off forecasts of goals are: quantiles of the
// logarithm of actual ÷ forecast remaining days, in spreads of the outlook. The
// zero value is what one believes before any goal is finished.
type Calibration struct {
	Noise    Noise // of the goals together; zero is the default
	Finished int   // goals that it rests on
	// Stages are in order; nil before any goal is finished.
	Stages []Stage
	// Kinds are the calibrations of goals of one kind.
	Kinds map[string]Calibration
}

// ofKind is the calibration for a kind of goals.
func (c Calibration) ofKind(kind string) Calibration {
	if k, ok := c.Kinds[kind]; ok {
		return k
	}
	return c
}

// A Stage is how far off forecasts were that were made at earned progress of at most
// Until, and above that of the stage before: what is nearly done is told otherwise.
type Stage struct {
	Until     float64
	Forecasts int
	// Quantiles are at each of the probabilities.
	Quantiles []float64
}

// leastStage is how many forecasts a stage needs, mostStages how many there are.
const leastStage, mostStages = 100, 3

// probabilities are those of the quantiles that a calibration keeps.
func probabilities() []float64 {
	return []float64{.02, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .98}
}

// weightOfPrior is how many finished goals the standard normal counts for.
const weightOfPrior = 10

// Calibrate learns from all readings up to a day how far off forecasts were. Goals
// that are not finished by then count as not finished yet (Kaplan–Meier): leaving
// them out would take goals as faster than they are. Each forecast counts by the
// days for which it was the last one: on a day chosen at random one meets slow goals
// more often, because they are there for longer. A kind of goals of which 20 are
// finished is learned from alone.
func Calibrate(past []Past, day int) Calibration {
	byKind, finished := map[string][]Past{}, map[string]int{}
	for _, p := range past {
		byKind[p.Kind] = append(byKind[p.Kind], p)
		if p.finished(day) && !p.IsAbandoned {
			finished[p.Kind]++
		}
	}
	c := calibrate(past, day)
	for kind, part := range byKind {
		if finished[kind] >= leastKind && len(byKind) > 1 {
			if c.Kinds == nil {
				c.Kinds = map[string]Calibration{}
			}
			c.Kinds[kind] = calibrate(part, day)
		}
	}
	return c
}

// leastKind is how many of a kind must be finished to learn from them alone.
const leastKind = 20

// calibrate learns from goals of which it makes no difference.
func calibrate(past []Past, day int) Calibration {
	var c Calibration
	var walks, misses []float64
	for i := range past {
		if g, ok := past[i].until(day); ok {
			if own, n := g.noise(); n >= 2 {
				walks, misses = append(walks, own.Walk), append(misses, own.Error*own.Error)
			}
		}
	}
	c.Noise = Noise{middle(walks), math.Sqrt(middle(misses))}
	var seen []seenError
	for i := range past {
		all := past[i].errors(day, c.Noise)
		if len(all) > 0 && all[0].Event {
			c.Finished++
		}
		seen = append(seen, all...)
	}
	if c.Finished == 0 {
		return c
	}
	slices.SortStableFunc(seen, func(a, b seenError) int { return cmp.Compare(a.progress, b.progress) })
	stages := min(max(len(seen)/leastStage, 1), mostStages)
	for k := range stages {
		stage := seen[k*len(seen)/stages : (k+1)*len(seen)/stages]
		s := Stage{Until: stage[len(stage)-1].progress, Forecasts: len(stage), Quantiles: quantiles(stage, float64(c.Finished))}
		if k == stages-1 {
			s.Until = math.Inf(1)
		}
		c.Stages = append(c.Stages, s)
	}
	return c
}

// middle is the mean without the lowest and the highest tenth.
func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	cut := len(values) / 10
	sum := 0.0
	for _, v := range values[cut : len(values)-cut] {
		sum += v
	}
	return sum / float64(len(values)-2*cut)
}

// A seenError is the standardised error of a forecast, with what decides its stage.
type seenError struct {
	survival.Observation
	progress float64
}

// quantiles are those of the errors, drawn to the standard normal as if n goals stood
// against ten of it.
func quantiles(seen []seenError, n float64) []float64 {
	all := make([]survival.Observation, len(seen))
	for i, s := range seen {
		all[i] = s.Observation
	}
	curve, err := survival.KaplanMeier(all, Level)
	if err != nil {
		return nil
	}
	var list []float64
	for _, p := range probabilities() {
		prior := distuv.UnitNormal.Quantile(p)
		q := math.Log(curve.Quantile(p).Time)
		if math.IsNaN(q) { // so slow were none of those that are done
			q = math.Max(prior, math.Log(curve.Last))
		}
		list = append(list, (n*q+weightOfPrior*prior)/(n+weightOfPrior))
	}
	return list
}

// until is the goal as it was known on a day; false if nothing could be said of it.
func (p *Past) until(day int) (Goal, bool) {
	g := p.Goal
	n := 0
	for n < len(g.Readings) && g.Readings[n].Day <= day {
		n++
	}
	g.Readings = g.Readings[:n]
	return g, n > 0 && g.last().Progress > 0 && g.last().Day > g.Start
}

// finished reports whether the goal was done by a day.
func (p *Past) finished(day int) bool { return p.Finish != 0 && p.Finish <= day }

// errors are the standardised errors of the forecasts that one could have made of
// the goal before it was done, as far as they are known on a day; exp makes them
// durations. A goal that is not done is censored at its last reading.
func (p *Past) errors(day int, noise Noise) []seenError {
	var all []seenError
	known, ok := p.until(day)
	if !ok {
		return nil
	}
	end, event := known.last().Day, p.finished(day)
	if event {
		end = p.Finish
	}
	for n := minReadings; n <= len(known.Readings); n++ {
		g := known
		g.Readings = known.Readings[:n]
		at := g.last()
		if at.Day >= end || at.Progress >= 1 {
			break
		}
		o, err := g.outlook(noise)
		if err != nil {
			continue
		}
		until := end
		if n < len(known.Readings) {
			until = min(end, known.Readings[n].Day)
		}
		z := math.Min(math.Max(o.standard(float64(end-at.Day)), -20), 20)
		all = append(all, seenError{survival.Observation{Time: math.Exp(z), Event: event, Weight: float64(until - at.Day)}, o.progress})
	}
	return all
}

// of is the quantiles for a goal at this stage.
func (c Calibration) of(o outlook) []float64 {
	for _, s := range c.Stages {
		if o.progress <= s.Until {
			return s.Quantiles
		}
	}
	return nil
}

// quantile is how many spreads a forecast is off at most with probability p.
func (c Calibration) quantile(o outlook, p float64) float64 {
	q := c.of(o)
	if q == nil {
		return distuv.UnitNormal.Quantile(p)
	}
	return between2(probabilities(), q, p)
}

// share is the probability that a goal is done before it is off by z spreads.
func (c Calibration) share(o outlook, z float64) float64 {
	q, p := c.of(o), probabilities()
	switch {
	case math.IsInf(z, -1):
		return 0
	case q == nil:
		return distuv.UnitNormal.CDF(z)
	}
	last := len(q) - 1
	switch { // beyond the quantiles, tails that fall as fast as they may
	case z < q[0]:
		return p[0] * math.Exp(2*(z-q[0]))
	case z >= q[last]:
		return 1 - (1-p[last])*math.Exp(-2*(z-q[last]))
	}
	return between2(q, p, z)
}

// between2 interpolates y at x between sorted points.
func between2(xs, ys []float64, x float64) float64 {
	i, _ := slices.BinarySearch(xs, x)
	i = min(max(i, 1), len(xs)-1)
	width := xs[i] - xs[i-1]
	if width <= 0 {
		return ys[i]
	}
	return ys[i-1] + (ys[i]-ys[i-1])*(x-xs[i-1])/width
}

// A Quality is how good the forecasts of goals were, tried on the goals whose end
// is known, each forecast calibrated on nothing but what was known before it.
type Quality struct {
	Finished int // goals that were done
	// Covered of the Ranges held the day; each goal counts once, by its share.
	Covered, Ranges float64
	Forecasts       int // that were scored for their range
	// Brier is the mean of (probability − outcome)², 0 is perfect; Base is that of
	// always saying how often goals were on time.
	Brier, Base float64
	Judged      int // goals whose probability was scored
	// Missed were not done by their first due date; Surprises of them were not
	// flagged by the forecast 30 days before or earlier, Unsaid not warned of by
	// their owner.
	Missed, Surprises, Unsaid int
	Bins                      []Bin
}

// A Bin is the forecasts of about one probability.
type Bin struct {
	Low, High float64 // of the probability
	Said      float64 // mean of it
	Happened  float64 // share that was on time
	Weight    float64 // goals, by their share of forecasts
}

// Warning is how many days before its due date a missed goal must have been
// flagged to be no surprise.
const Warning = 30

// quarter is how often the back-test learns anew.
const quarter = 91

// BackTest forecasts all past goals again as one would have then, and compares
// with what came of them by day.
func BackTest(past []Past, day int) Quality {
	q := Quality{Brier: math.NaN(), Base: math.NaN()}
	first := day
	for i := range past {
		if p := &past[i]; !p.IsAbandoned && len(p.Readings) > 0 {
			first = min(first, p.Readings[0].Day)
			if p.finished(day) {
				q.Finished++
			}
			q.surprise(p, day)
		}
	}
	trials := map[int][]trial{}
	for from := first; from <= day; from += quarter {
		c := Calibrate(past, from-1)
		for i := range past {
			if p := &past[i]; !p.IsAbandoned {
				trials[i] = append(trials[i], p.trials(c, from, min(from+quarter, day+1))...)
			}
		}
	}
	q.score(past, trials, day)
	return q
}

// A trial is one forecast with the probability and the range that it gave.
type trial struct {
	onTime    float64
	low, high float64
}

// trials are the forecasts of the readings from a day to before another.
func (p *Past) trials(c Calibration, from, to int) []trial {
	var all []trial
	for n := minReadings; n <= len(p.Readings); n++ {
		g := p.Goal
		g.Readings = p.Readings[:n]
		at := g.last()
		if at.Day >= to || at.Progress >= 1 || p.Finish != 0 && at.Day >= p.Finish {
			break
		}
		if at.Day < from {
			continue
		}
		if f, err := c.Complete(g); err == nil {
			all = append(all, trial{f.OnTime, f.Low, f.High})
		}
	}
	return all
}

// surprise counts a goal that missed its due date.
func (q *Quality) surprise(p *Past, day int) {
	if p.Due >= day || p.finished(p.Due) {
		return
	}
	q.Missed++
	var flagged, warned bool
	for n := 1; n <= len(p.Readings) && p.Readings[n-1].Day <= p.Due-Warning; n++ {
		g := p.Goal
		g.Readings = p.Readings[:n]
		warned = warned || g.last().IsWarned
		if o, err := g.outlook(Noise{}); err == nil {
			flagged = flagged || float64(g.Start)+o.elapsed+o.remaining-float64(g.Due) > g.tolerance()
		}
	}
	if !flagged {
		q.Surprises++
	}
	if !warned {
		q.Unsaid++
	}
}

// score compares the trials with what came of their goals.
func (q *Quality) score(past []Past, trials map[int][]trial, day int) {
	const bins = 5
	var sums [bins]Bin
	var squares, weights, happened float64
	for i := range past {
		p := &past[i]
		n := float64(len(trials[i]))
		outcome, known := 0.0, p.Due < day || p.finished(day)
		if p.finished(p.Due) {
			outcome = 1
		}
		if known && n > 0 {
			q.Judged++
			happened += outcome
			weights++
		}
		for _, t := range trials[i] {
			if p.finished(day) {
				q.Forecasts++
				q.Ranges += 1 / n
				if f := float64(p.Finish); t.low <= f && f <= t.high {
					q.Covered += 1 / n
				}
			}
			if known {
				squares += (t.onTime - outcome) * (t.onTime - outcome) / n
				b := &sums[min(int(t.onTime*bins), bins-1)]
				b.Said += t.onTime / n
				b.Happened += outcome / n
				b.Weight += 1 / n
			}
		}
	}
	if weights > 0 {
		q.Brier = squares / weights
		q.Base = happened / weights * (1 - happened/weights)
	}
	for i, b := range sums {
		if b.Weight > 0 {
			q.Bins = append(q.Bins, Bin{float64(i) / bins, float64(i+1) / bins, b.Said / b.Weight, b.Happened / b.Weight, b.Weight})
		}
	}
}
