// Package survival estimates how long something takes when some of it has not
// happened yet: days to an answer, to a completion, to the first use on the job.
//
// It is pure: durations in, a Curve out. Leaving out what is still open, or taking
// it as done today, makes waiting look shorter than it is.
package survival

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Errors of durations that have no curve. They are wrapped with what is wrong.
var (
	ErrTooFew  = errors.New("no durations")
	ErrBadTime = errors.New("a duration is not a number from 0")
)

// An Observation is one duration. Where Event is false it had not happened by
// Time, which is all that is known. A Weight of 0 counts as 1.
type Observation struct {
	Time   float64
	Event  bool
	Weight float64
}

// A Step is a time at which something happened: the share for which it had not
// happened yet just after it, with its interval.
type Step struct {
	Time              float64
	AtRisk, Events    float64
	Survival          float64
	StdErr, Low, High float64
}

// A Curve is a Kaplan–Meier estimate.
type Curve struct {
	Steps    []Step
	N        int // observations
	Happened int // of them
	Last     float64
	Level    float64
}

// KaplanMeier estimates the share for which something has not happened by a time.
//
//	S(t) = Π over times tᵢ ≤ t of (1 − dᵢ ÷ nᵢ)
//
// dᵢ of the nᵢ that were still open just before tᵢ happened at tᵢ. What is censored
// at tᵢ counts as open there. Greenwood's variance gives the interval at level, on
// the scale log(−log S), so that it stays within 0 and 1:
//
//	var S = S²·Σ dᵢ ÷ (nᵢ(nᵢ − dᵢ))    S^exp(± z·se(S) ÷ (S·log S))
//
// Censoring must not depend on how long it would have taken. Weights are
// frequencies: an interval of weighted observations takes them as independent.
//
// It returns ErrTooFew without observations and ErrBadTime, wrapped, for a time or a
// weight that is negative or not a number.
//
// Sources: E. L. Kaplan, P. Meier, Journal of the American Statistical Association
// 53 (1958) 457–481; J. D. Kalbfleisch, R. L. Prentice, The Statistical Analysis of
// Failure Time Data (2nd ed. 2002) §1.4 for the interval.
func KaplanMeier(observations []Observation, level float64) (Curve, error) {
	if len(observations) == 0 {
		return Curve{}, ErrTooFew
	}
	sorted := slices.Clone(observations)
	c := Curve{N: len(sorted), Level: level}
	atRisk := 0.0
	for i := range sorted {
		o := &sorted[i]
		if o.Weight == 0 {
			o.Weight = 1
		}
		if !(o.Time >= 0) || math.IsInf(o.Time, 0) || !(o.Weight > 0) || math.IsInf(o.Weight, 0) {
			return Curve{}, fmt.Errorf("%w: time %v, weight %v", ErrBadTime, o.Time, o.Weight)
		}
		atRisk += o.Weight
		if o.Event {
			c.Happened++
		}
	}
	slices.SortFunc(sorted, func(a, b Observation) int { return cmp.Compare(a.Time, b.Time) })
	c.Last = sorted[len(sorted)-1].Time
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	survival, sum := 1.0, 0.0
	for i := 0; i < len(sorted); {
		at, events, gone, happened := sorted[i].Time, 0.0, 0.0, false
		for ; i < len(sorted) && sorted[i].Time == at; i++ {
			gone += sorted[i].Weight
			if sorted[i].Event {
				events += sorted[i].Weight
				happened = true
			}
		}
		if happened {
			left := math.Max(0, atRisk-events)
			if left < 1e-12*atRisk {
				left = 0
			}
			survival *= left / atRisk
			sum += events / (atRisk * left)
			c.Steps = append(c.Steps, step(at, atRisk, events, survival, sum, z))
		}
		atRisk -= gone
	}
	return c, nil
}

func step(at, atRisk, events, survival, sum, z float64) Step {
	s := Step{Time: at, AtRisk: atRisk, Events: events, Survival: survival}
	if survival <= 0 { // the last one happened: the interval says nothing
		s.Low, s.High = 0, 0
		return s
	}
	s.StdErr = survival * math.Sqrt(sum)
	width := math.Exp(z * math.Sqrt(sum) / math.Abs(math.Log(survival)))
	s.Low, s.High = math.Pow(survival, width), math.Pow(survival, 1/width)
	return s
}

// At returns the share for which it had not happened by time t. After the last
// observation it is not known.
func (c Curve) At(t float64) float64 {
	survival := 1.0
	for _, s := range c.Steps {
		if s.Time > t {
			break
		}
		survival = s.Survival
	}
	if t > c.Last && survival > 0 {
		return math.NaN()
	}
	return survival
}

// A Quantile is a time with its interval; what the curve does not reach is NaN.
type Quantile struct{ Time, Low, High float64 }

// Quantile returns the time by which it had happened for a share p: the first at
// which the curve is at 1 − p or below. Its interval holds the times at which the
// interval of the curve holds 1 − p (Brookmeyer and Crowley, Biometrics 38 (1982)
// 29–41). A curve that stays above 1 − p has no such time: NaN.
func (c Curve) Quantile(p float64) Quantile {
	reach := func(of func(Step) float64) float64 {
		for _, s := range c.Steps {
			if of(s) <= 1-p+1e-12 {
				return s.Time
			}
		}
		return math.NaN()
	}
	return Quantile{
		reach(func(s Step) float64 { return s.Survival }), reach(func(s Step) float64 { return s.Low }), reach(func(s Step) float64 { return s.High }),
	}
}

// Median is the time by which it had happened for half.
func (c Curve) Median() Quantile { return c.Quantile(0.5) }
