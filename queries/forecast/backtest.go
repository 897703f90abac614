package forecast

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// backTest forecasts again from each of the latest origins, fitting only to what
// was known there.
func (y Year) backTest(m model) Test {
	n := len(y.Values)
	t := Test{Horizon: min(y.Remaining, n-minModel), MAPE: math.NaN(), MASE: math.NaN()}
	if t.Horizon < 1 {
		return Test{MAPE: math.NaN(), MASE: math.NaN()}
	}
	var share, months, naive float64
	var counted int
	x, ahead := begin(), make([]float64, t.Horizon)
	for origin := n - t.Horizon; origin >= minModel && t.Origins < maxOrigins; origin-- {
		var past model
		past, x = fit(y.Values[:origin], m.multiplies, m.period, x, searchSteps/2)
		past.ahead(ahead)
		actual := y.Values[origin : origin+t.Horizon]
		weight := func(i int) float64 { return y.weight(origin + i) }
		want := y.Kind.of(actual, weight)
		share += math.Abs(y.Kind.of(ahead, weight)-want) / math.Abs(want)
		for h, v := range actual {
			months += math.Abs(ahead[h] - v)
			naive += math.Abs(y.Values[origin+h-season] - v)
			counted++
		}
		t.Origins++
	}
	if share /= float64(t.Origins); !math.IsInf(share, 0) {
		t.MAPE = share
	}
	if naive > 0 {
		t.MASE = months / naive
	}
	return t
}

// lastYear forecasts from 13 to 23 months: the same months last year × the ratio
// of this year to last over the months that both have.
//
//	ratio = Σ y(t) ÷ Σ y(t−12)    over the months to date, or, at the start of a
//	                              year, over all months with a year before them
//
// The range takes the monthly ratios around it as independent and t-distributed;
// it is there from three of them. The error is that of each month, forecast from
// the ratio of the others.
func (y Year) lastYear() (Forecast, error) {
	n := len(y.Values)
	pairs := n - season
	if y.ToDate > 0 {
		pairs = y.ToDate
	}
	ratio := y.ratio(pairs, -1)
	if math.IsNaN(ratio) || math.IsInf(ratio, 0) || ratio < 0 {
		return Forecast{}, fmt.Errorf("%w: %d months do not compare with those of last year", ErrTooFew, pairs)
	}
	ahead := make([]float64, y.Remaining)
	for h := range ahead {
		ahead[h] = y.Values[n+h-season] * ratio
	}
	f := Forecast{Level: Level, Method: LastYear, Months: make([]Band, len(ahead)), Test: Test{MAPE: math.NaN(), MASE: math.NaN()}}
	f.Value = y.end(ahead)
	f.Low, f.High = f.Value, f.Value
	for h, v := range ahead {
		f.Months[h] = Band{v, v, v}
	}
	y.spread(&f, ahead, ratio, pairs)
	return f, nil
}

// ratio compares the last pairs of months with those a year before, in total or,
// for a Mean, by weighted mean; it leaves out the month except.
func (y Year) ratio(pairs, except int) float64 {
	var now, before, weightNow, weightBefore float64
	for t := len(y.Values) - pairs; t < len(y.Values); t++ {
		if t == except {
			continue
		}
		w, v := y.weight(t), y.weight(t-season)
		if y.Kind != Mean {
			w, v = 1, 1
		}
		now, weightNow = now+w*y.Values[t], weightNow+w
		before, weightBefore = before+v*y.Values[t-season], weightBefore+v
	}
	return now / weightNow / (before / weightBefore)
}

// spread sets the range and the errors of a lastYear forecast from how the last
// months differ from their month a year before × ratio.
func (y Year) spread(f *Forecast, ahead []float64, ratio float64, pairs int) {
	n := len(y.Values)
	var squares, scale, misses float64
	for t := n - pairs; t < n; t++ {
		miss := y.Values[t] - y.Values[t-season]*ratio
		squares += miss * miss
		scale += math.Abs(y.Values[t])
		misses += math.Abs(y.Values[t] - y.Values[t-season]*y.ratio(pairs, t))
	}
	if pairs < 3 || scale == 0 {
		return
	}
	df := float64(pairs - 1)
	sd := math.Sqrt(squares / df)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile((1 + Level) / 2)
	// One month misses by sd; k months in a sum by sd·√k, their ratio, which all
	// share, by sd·k/√pairs.
	k := float64(len(ahead))
	end := sd * math.Sqrt(k+k*k/float64(pairs))
	switch y.Kind {
	case Mean:
		end /= float64(y.ToDate + y.Remaining)
	case Last:
		end = sd * math.Sqrt(1+1/float64(pairs))
	case Sum:
	}
	f.HasRange = true
	f.Low, f.High = f.Value-t*end, f.Value+t*end
	one := t * sd * math.Sqrt(1+1/float64(pairs))
	for h := range f.Months {
		f.Months[h].Low, f.Months[h].High = f.Months[h].Value-one, f.Months[h].Value+one
	}
	f.Test = Test{Origins: pairs, Horizon: 1, MAPE: math.NaN(), MASE: math.NaN()}
	if !math.IsNaN(misses) && !math.IsInf(misses, 0) {
		f.Test.MAPE = misses / scale
	}
}
