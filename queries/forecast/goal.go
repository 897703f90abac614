package forecast

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrTooEarly is wrapped by the error of a goal of which nothing can be said yet.
var ErrTooEarly = errors.New("too early to forecast")

const (
	// minReadings is how many check-ins with a value a forecast needs.
	minReadings = 3
	// recentReadings is how many of the last the cross-check looks at.
	recentReadings = 6
	// farAway bounds a forecast, in days after the start: slower is as good as never.
	farAway = 36500
)

// A Reading is the progress of a goal on a day: 0 at its baseline, 1 at the target
// that was in force that day.
type Reading struct {
	Day      int // since any day that all days of a goal count from
	Progress float64
	// IsWarned is whether the owner said that it is not going well.
	IsWarned bool
}

// A Curve is how progress was planned to run: the share of progress by the share
// of the time. The empty one is a straight line.
type Curve string

// The curves.
const (
	Linear      Curve = "linear"
	SCurve      Curve = "s-curve"      // slow, fast, slow: 3x² − 2x³
	FrontLoaded Curve = "front-loaded" // fast, then slow: 1 − (1 − x)²
	BackLoaded  Curve = "back-loaded"  // slow, then fast: x²
)

// Expected is the progress that was planned for a share of the time, both 0 to 1.
func (c Curve) Expected(x float64) float64 {
	x = math.Min(math.Max(x, 0), 1)
	switch c {
	case SCurve:
		return x * x * (3 - 2*x)
	case FrontLoaded:
		return 1 - (1-x)*(1-x)
	case BackLoaded:
		return x * x
	}
	return x
}

// earned is the share of the time at which progress p was planned.
func (c Curve) earned(p float64) float64 {
	p = math.Min(math.Max(p, 0), 1)
	switch c {
	case SCurve:
		return 0.5 - math.Sin(math.Asin(1-2*p)/3)
	case FrontLoaded:
		return 1 - math.Sqrt(1-p)
	case BackLoaded:
		return math.Sqrt(p)
	}
	return p
}

// A Goal is what is known of an objective at its last reading.
type Goal struct {
	Start, Due int // days; Due is the first that was approved
	Curve      Curve
	// Kind tells apart goals that may run differently, such as those that a dial
	// measures and projects.
	Kind     string
	Readings []Reading // in order of days
}

// A Completion is when a goal will be done, in days like those of its readings.
type Completion struct {
	Finish    float64 // by earned schedule
	Low, High float64 // should hold the day Level of the time
	OnTime    float64 // probability that it is done by Due
	// TheilSen is the cross-check; NaN where the last readings do not rise.
	TheilSen float64
	SPI      float64 // earned time ÷ elapsed time
	Slip     float64 // Finish − Due
	// IsFlagged is Slip > max(7 days, 10 % of the planned duration).
	IsFlagged bool
}

// Complete forecasts when a goal will be done, from its last reading, by earned
// schedule:
//
//	finish = start + planned duration ÷ SPI(t)    SPI(t) = earned time ÷ elapsed time
//
// Earned time is when the progress made was planned to be made. On a straight line
// finish is start + elapsed ÷ progress. The cross-check goes on from the last
// reading at the median slope between any two of the last six (Theil–Sen). The range
// and the probability come from c: how far such forecasts were off before.
//
// It returns ErrTooEarly, wrapped, with fewer than three readings or without
// progress, and ErrBadYear for a goal whose days are not in order. A goal that is
// done already has no forecast: the caller knows its day.
//
// Sources: W. Lipke, Schedule is different, The Measurable News (summer 2003) 31–34,
// for earned schedule; P. K. Sen, Journal of the American Statistical Association 63
// (1968) 1379–1389.
func (c Calibration) Complete(g Goal) (Completion, error) {
	c = c.ofKind(g.Kind)
	o, err := g.outlook(c.Noise)
	if err != nil {
		return Completion{}, err
	}
	f := Completion{Finish: float64(g.Start) + o.elapsed + o.remaining, SPI: o.spi, TheilSen: g.theilSen()}
	at := float64(g.last().Day)
	f.Low, f.High = at+o.after(c.quantile(o, (1-Level)/2)), at+o.after(c.quantile(o, (1+Level)/2))
	f.OnTime = c.share(o, o.standard(float64(g.Due)-at))
	f.Slip = f.Finish - float64(g.Due)
	f.IsFlagged = f.Slip > g.tolerance()
	return f, nil
}

// tolerance is how late a goal may become before it is flagged.
func (g Goal) tolerance() float64 { return math.Max(7, 0.1*float64(g.Due-g.Start)) }

func (g Goal) last() Reading { return g.Readings[len(g.Readings)-1] }

// An outlook is a forecast from one reading before anybody knows how far off such
// forecasts are.
type outlook struct {
	elapsed, remaining float64 // days
	spi                float64
	spread             float64 // standard deviation of the logarithm of the remaining days
	progress           float64 // earned
}

// outlook takes progress as a walk with a pace, read with errors: after t days the
// remaining days R have a relative variance of about
//
//	κ·(1/R + 1/t) + τ² ÷ (p·(1 − p))²
//
// of the way that is left, of a pace that is not known, and of the last reading. κ
// and τ² are the goal's own, drawn to those of all goals as if four of their
// readings were its own.
func (g Goal) outlook(noise Noise) (outlook, error) {
	if g.Due <= g.Start {
		return outlook{}, fmt.Errorf("%w: due on day %d, started on day %d", ErrBadYear, g.Due, g.Start)
	}
	if len(g.Readings) < minReadings {
		return outlook{}, fmt.Errorf("%w: %d check-ins with a value, %d are needed", ErrTooEarly, len(g.Readings), minReadings)
	}
	for i, r := range g.Readings {
		if math.IsNaN(r.Progress) || math.IsInf(r.Progress, 0) || i > 0 && r.Day <= g.Readings[i-1].Day {
			return outlook{}, fmt.Errorf("%w: reading %d is %v on day %d", ErrBadYear, i+1, r.Progress, r.Day)
		}
	}
	last := g.last()
	elapsed := float64(last.Day - g.Start)
	if last.Progress <= 0 || elapsed <= 0 {
		return outlook{}, fmt.Errorf("%w: no progress yet", ErrTooEarly)
	}
	o := outlook{elapsed: elapsed}
	earned := g.Curve.earned(last.Progress)
	o.spi = earned * float64(g.Due-g.Start) / elapsed
	o.remaining = math.Min(math.Max(elapsed/earned-elapsed, 1), farAway)
	own, n := g.noise()
	o.progress = earned
	const prior = 4
	if noise == (Noise{}) {
		noise.Walk = defaultWalk
	}
	mix := func(own, all float64) float64 { return (own*n + all*prior) / (n + prior) }
	walk, miss := mix(own.Walk, noise.Walk), mix(own.Error*own.Error, noise.Error*noise.Error)
	left := math.Max(1-earned, 0.01)
	variance := walk*(1/o.remaining+1/o.elapsed) + miss/(earned*earned*left*left)
	o.spread = math.Min(math.Max(math.Sqrt(variance), 0.02), 2)
	return o, nil
}

// defaultWalk is that of goals of 200 days that end within about 15 % of them.
const defaultWalk = 5

// A Noise is why readings of a goal leave a straight way of one pace.
type Noise struct {
	Walk  float64 // κ, in days: the variance of progress in a day ÷ its squared pace
	Error float64 // standard deviation of a reading, in shares of the whole
}

// noise tells the two kinds apart by two sums of squares, of the steps between
// readings and of the readings' distances from the way, which they make grow unlike:
//
//	Σ (stepᵢ − pace·Δᵢ)²     expects σ²·Σ Δᵢ(1 − Δᵢ/T) + τ²·(2n − 1)
//	Σ (earnedᵢ − pace·tᵢ)²   expects σ²·Σ tᵢ(T − tᵢ)/T + τ²·Σ (1 + (tᵢ/T)²)
//
// Neither is less than none. n is how many readings it rests on.
func (g Goal) noise() (own Noise, n float64) {
	total := float64(g.last().Day - g.Start)
	pace := g.Curve.earned(g.last().Progress) / total
	if !(pace > 0) {
		return Noise{}, 0
	}
	var steps, ways, stepWalk, wayWalk, wayError, before, day float64
	for i, r := range g.Readings {
		t, earned := float64(r.Day-g.Start), g.Curve.earned(r.Progress)
		step := earned - before - pace*(t-day)
		steps += step * step
		stepWalk += (t - day) * (1 - (t-day)/total)
		before, day = earned, t
		if i < len(g.Readings)-1 {
			ways += (earned - pace*t) * (earned - pace*t)
			wayWalk += t * (total - t) / total
			wayError += 1 + t*t/(total*total)
			n++
		}
	}
	stepError := 2*n + 1
	if !(stepWalk > 0) || !(wayWalk > 0) {
		return Noise{}, 0
	}
	walk, miss := steps/stepWalk, 0.0
	if det := stepWalk*wayError - wayWalk*stepError; det != 0 {
		w, e := (steps*wayError-ways*stepError)/det, (stepWalk*ways-wayWalk*steps)/det
		switch {
		case w <= 0:
			walk, miss = 0, steps/stepError
		case e > 0:
			walk, miss = w, e
		}
	}
	return Noise{walk / (pace * pace), math.Sqrt(miss)}, n
}

// theilSen is when the goal is done at the median slope of its last readings.
func (g Goal) theilSen() float64 {
	recent := g.Readings[max(0, len(g.Readings)-recentReadings):]
	var slopes []float64
	for i, a := range recent {
		for _, b := range recent[i+1:] {
			slopes = append(slopes, (b.Progress-a.Progress)/float64(b.Day-a.Day))
		}
	}
	slices.Sort(slopes)
	slope := quantile(slopes, 0.5)
	if slope <= 0 {
		return math.NaN()
	}
	last := recent[len(recent)-1]
	return math.Min(float64(last.Day)+math.Max(0, 1-last.Progress)/slope, float64(g.Start+farAway))
}

// after is the days that are left where the forecast is off by z spreads.
func (o outlook) after(z float64) float64 { return math.Min(o.remaining*math.Exp(z*o.spread), farAway) }

// standard is by how many spreads a forecast was off if it took that many days.
func (o outlook) standard(days float64) float64 {
	if days <= 0 {
		return math.Inf(-1)
	}
	return math.Log(days/o.remaining) / o.spread
}
