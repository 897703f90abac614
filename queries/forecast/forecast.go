// Package forecast says where a dial will stand at the end of the year, with the
// range in which it should, and how far off the same method was before.
//
// It is pure: numbers in, a Forecast out. A forecast is neither an effect nor a
// promise.
package forecast

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Errors of a Year that has no forecast. They are wrapped with what is wrong.
var (
	ErrTooFew      = errors.New("too few months")
	ErrNotFinite   = errors.New("a month is not a number")
	ErrNoVariation = errors.New("the months do not vary")
	ErrBadYear     = errors.New("the year is not described")
)

// A Kind says how the months of a year make up the year.
type Kind int

// The kinds: a year is the sum of its months, their weighted mean, or the last.
const (
	Sum  Kind = iota // flows: revenue, hires
	Mean             // ratios and means: Σ numerator ÷ Σ denominator
	Last             // levels: headcount on the last month
)

const (
	season = 12
	// minModel is how many months seasonal smoothing needs: two of each.
	minModel = 2 * season
	// Level is how often the range should hold the outcome.
	Level = 0.80
	paths = 1000
	// maxOrigins bounds the back-test to the latest year of origins.
	maxOrigins = 12
)

// A Year is what is known of a dial, and the year to forecast.
type Year struct {
	Kind Kind
	// Values are the complete months, oldest first, without gaps. A month of a
	// ratio is its numerator ÷ its denominator.
	Values []float64
	// Weights are the denominators of a Mean, one per value; nil weighs all
	// months the same. Those of the months to come are taken from last year.
	Weights []float64
	// ToDate is how many of the last values belong to the year.
	ToDate int
	// Remaining is how many months of the year are still to come, 1 to 12.
	Remaining int
	// Seed makes the simulated range repeatable.
	Seed uint64
}

// A Method is how the remaining months were forecast.
type Method string

// The methods of domain.md §4.
const (
	Additive       Method = "exponential smoothing, damped trend, additive season"
	Multiplicative Method = "exponential smoothing, damped trend, multiplicative season"
	LastYear       Method = "same months last year × year-to-date ratio"
)

// A Band is a value with the range in which it should fall.
type Band struct{ Value, Low, High float64 }

// A Forecast is the year end, and the months that lead there.
type Forecast struct {
	Band
	// HasRange is false when there is too little to say how far off it may be;
	// Low and High are then Value.
	HasRange bool
	Level    float64
	Months   []Band
	Method   Method
	Test     Test
}

// A Test is the back-test: the method run again on the months before each of
// the latest Origins, compared with the Horizon months that followed.
type Test struct {
	Origins, Horizon int
	// MAPE is the mean absolute error of the total (for Mean and Last of the mean
	// and the last) over Horizon months, as a share of the outcome; for LastYear
	// Σ error ÷ Σ outcome. It is NaN without origins, or where an outcome is 0.
	MAPE float64
	// MASE is the mean absolute error of the months ÷ that of repeating the same
	// month a year before; below 1 is better than that. NaN without origins.
	MASE float64
}

// YearEnd forecasts the end of a year from complete months:
//
//	year end = to date + the remaining months
//
// The remaining months come from seasonal exponential smoothing with a damped
// trend, ETS(A,Ad,A) or, if all values are positive and it is the likelier,
// ETS(M,Ad,M); the range from 1,000 resampled paths, widened for what was fitted
// (see resampler). With fewer than 24 months they are the same months last year ×
// the year-to-date ratio, the range from how that ratio varied by month. A Mean
// weighs each month by its denominator.
//
// It returns ErrTooFew, ErrNotFinite, ErrNoVariation or ErrBadYear, wrapped, if
// there is no such forecast. The same Year gives the same Forecast.
//
// Sources: R. J. Hyndman, A. B. Koehler, J. K. Ord, R. D. Snyder, Forecasting
// with Exponential Smoothing (Springer 2008), tables 2.2 and 2.3, §2.6 for the
// initial states, §6.1 for simulated ranges; R. J. Hyndman, A. B. Koehler,
// International Journal of Forecasting 22 (2006) 679–688 for MASE,
// doi:10.1016/j.ijforecast.2006.03.001.
func YearEnd(y Year) (Forecast, error) {
	if err := y.validate(); err != nil {
		return Forecast{}, err
	}
	if len(y.Values) < minModel {
		return y.lastYear()
	}
	m := fitBest(y.Values)
	f := Forecast{HasRange: true, Level: Level, Method: m.method(), Months: make([]Band, y.Remaining)}
	point := m.ahead(make([]float64, y.Remaining))
	f.Value = y.end(point)

	rng := rand.New(rand.NewPCG(y.Seed, uint64(len(y.Values))))
	draws := resampler{
		model: m, residuals: m.residuals(y.Values), rng: rng,
		history: make([]float64, len(y.Values)), future: make([]float64, y.Remaining), again: make([]float64, y.Remaining),
	}
	ends, months := make([]float64, paths), make([][]float64, y.Remaining)
	for h := range months {
		months[h] = make([]float64, paths)
	}
	path := make([]float64, y.Remaining)
	for p := range ends {
		draws.path(path, point)
		ends[p] = y.end(path)
		for h, v := range path {
			months[h][p] = v
		}
	}
	f.Low, f.High = between(ends)
	for h, v := range point {
		low, high := between(months[h])
		f.Months[h] = Band{v, low, high}
	}
	f.Test = y.backTest(m)
	return f, nil
}

func (y Year) validate() error {
	n := len(y.Values)
	switch {
	case y.Kind < Sum || y.Kind > Last:
		return fmt.Errorf("%w: kind %d", ErrBadYear, y.Kind)
	case y.Remaining < 1 || y.ToDate < 0 || y.Remaining+y.ToDate > season:
		return fmt.Errorf("%w: %d months to date and %d remaining", ErrBadYear, y.ToDate, y.Remaining)
	case y.Weights != nil && len(y.Weights) != n:
		return fmt.Errorf("%w: %d weights for %d values", ErrBadYear, len(y.Weights), n)
	case n <= season || n < season+y.ToDate:
		return fmt.Errorf("%w: %d, at least %d are needed", ErrTooFew, n, max(season+1, season+y.ToDate))
	}
	for i, v := range y.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%w: value %d is %v", ErrNotFinite, i+1, v)
		}
	}
	for i, w := range y.Weights {
		if math.IsNaN(w) || math.IsInf(w, 0) || w < 0 {
			return fmt.Errorf("%w: weight %d is %v", ErrNotFinite, i+1, w)
		}
	}
	if slices.Min(y.Values) == slices.Max(y.Values) {
		return fmt.Errorf("%w: all are %v", ErrNoVariation, y.Values[0])
	}
	if y.Weights != nil && y.Kind == Mean {
		var last float64
		for _, w := range y.Weights[n-season:] {
			last += w
		}
		if last == 0 {
			return fmt.Errorf("%w: the last %d weights are 0", ErrBadYear, season)
		}
	}
	return nil
}

// weight returns the weight of the month i; months to come have that of the
// same month in the last known year.
func (y Year) weight(i int) float64 {
	if y.Weights == nil {
		return 1
	}
	for i >= len(y.Weights) {
		i -= season
	}
	return y.Weights[i]
}

// end puts the year together from its months to date and those to come.
func (y Year) end(remaining []float64) float64 {
	n := len(y.Values)
	return y.Kind.of(append(slices.Clone(y.Values[n-y.ToDate:]), remaining...), func(i int) float64 { return y.weight(n - y.ToDate + i) })
}

// of is the value of the months of this kind together.
func (k Kind) of(months []float64, weight func(int) float64) float64 {
	var total, weights float64
	switch k {
	case Last:
		return months[len(months)-1]
	case Mean:
		for i, v := range months {
			total += v * weight(i)
			weights += weight(i)
		}
		return total / weights
	default:
		for _, v := range months {
			total += v
		}
		return total
	}
}

// between returns the limits that hold Level of the draws, which it sorts.
func between(draws []float64) (low, high float64) {
	slices.Sort(draws)
	tail := (1 - Level) / 2
	return quantile(draws, tail), quantile(draws, 1-tail)
}

// quantile interpolates between the order statistics of sorted (Hyndman and
// Fan's type 7).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-2)
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
