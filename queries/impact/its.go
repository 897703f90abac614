package impact

import (
	"fmt"
	"math"
)

// A Series is an interrupted series in order of time.
type Series struct {
	Y        []float64
	Time     []float64 // in periods; the trend is 0 at the first
	At       float64   // first treated period
	Exposure []float64 // of counts; nil
	Names    []string  // of further columns: season, covariates
	X        [][]float64
	StepOnly bool // no change of slope
	NoTrend  bool // no trend but what X holds; only with StepOnly
}

// Columns of a segmented regression.
const (
	columnTrend = "t"
	columnLevel = "level"
	columnSlope = "slope"
)

// design is the columns of the segmented regression
//
//	y_t = a + b·(t − t₁) + level·1{t ≥ at} + slope·(t − at)·1{t ≥ at} + further columns
//
// The level is the jump in the first treated period itself.
func (s Series) design() (names []string, x [][]float64, err error) {
	n := len(s.Y)
	if n < 4 || len(s.Time) != n {
		return nil, nil, fmt.Errorf("%w: %d periods", ErrTooFew, n)
	}
	trend, level, slope := make([]float64, n), make([]float64, n), make([]float64, n)
	after := 0
	for i, t := range s.Time {
		if i > 0 && t <= s.Time[i-1] {
			return nil, nil, fmt.Errorf("%w: the series has more than one row in period %v", ErrDuplicate, t)
		}
		trend[i] = t - s.Time[0]
		if t >= s.At {
			level[i], slope[i] = 1, t-s.At
			after++
		}
	}
	if after < 2 || n-after < 2 {
		return nil, nil, fmt.Errorf("%w: %d periods before the first treated one and %d from it on; a line needs two", ErrTooFew, n-after, after)
	}
	names, x = []string{"const", columnTrend, columnLevel}, [][]float64{ones(n), trend, level}
	switch {
	case s.NoTrend:
		names, x = []string{"const", columnLevel}, [][]float64{ones(n), level}
	case !s.StepOnly:
		names, x = append(names, columnSlope), append(x, slope)
	}
	return append(names, s.Names...), append(x, s.X...), nil
}

// average is the combination of coefficients that gives the mean effect over the
// treated periods: level + slope·mean(t − at).
func (s Series) average(names []string) []float64 {
	c := make([]float64, len(names))
	m, n := 0.0, 0.0
	for _, t := range s.Time {
		if t >= s.At {
			m += t - s.At
			n++
		}
	}
	for j, name := range names {
		switch name {
		case columnLevel:
			c[j] = 1
		case columnSlope:
			c[j] = m / n
		}
	}
	return c
}

// after is the combination for the effect at one period.
func (s Series) after(names []string, when float64) []float64 {
	c := make([]float64, len(names))
	for j, name := range names {
		switch name {
		case columnLevel:
			c[j] = 1
		case columnSlope:
			c[j] = when - s.At
		}
	}
	return c
}

// A Combiner estimates linear combinations of a model's coefficients.
type Combiner interface {
	Combine(c []float64, level float64) Estimate
}

// A Segment is a fitted segmented regression.
type Segment struct {
	Names      []string
	Model      Combiner
	Level      Estimate // jump in the first treated period
	Slope      Estimate // change of the trend per period; zero value under StepOnly
	Average    Estimate // mean effect over the treated periods
	Last       Estimate // effect in the last period
	After      Estimate // trend after: t + slope
	Resid      []float64
	Lags       int     // of Newey–West
	Rho        float64 // of ar1, NaN elsewhere
	Dispersion float64
	Warnings   []string
}

// Segmented fits a segmented regression of one series: Series.Y on a trend, a change
// of level and a change of slope at At, and further columns such as a season.
//
// kind says how errors are computed: ar1 (restricted maximum likelihood, see
// [RegressAR1]; the default for one series), newey-west with lags (negative: the rule
// of thumb; Stata's factor unless dof is none), any other of [Regress] that needs no
// cluster, or poisson and quasi-poisson for counts, whose estimates are logarithms of
// rate ratios.
//
// One series cannot tell the tactic from anything else that happened at the same time.
//
// Source: A. Wagner et al., J. Clinical Pharmacy and Therapeutics 27 (2002) 299–309;
// J. Lopez Bernal et al., International J. Epidemiology 46 (2017) 348–355.
func Segmented(s Series, kind string, lags int, dof string, level float64) (*Segment, error) {
	names, x, err := s.design()
	if err != nil {
		return nil, err
	}
	if constant(s.Y) {
		return nil, fmt.Errorf("%w: every period holds %v", ErrConstant, s.Y[0])
	}
	steps := wholeSteps(s.Time)
	g := &Segment{Names: names, Rho: math.NaN()}
	switch kind {
	case "poisson", "quasi-poisson":
		c, err := Poisson(s.Y, s.Exposure, x, names, kind == "quasi-poisson")
		if err != nil {
			return nil, err
		}
		g.Model, g.Dispersion = c, c.Dispersion
		g.Resid = make([]float64, len(s.Y))
		for i := range g.Resid {
			g.Resid[i] = (s.Y[i] - c.Fitted[i]) / math.Sqrt(c.Fitted[i])
		}
	case "", "ar1":
		a, err := RegressAR1(s.Y, x, names, steps)
		if err != nil {
			return nil, err
		}
		g.Model, g.Rho = a, a.Rho
		g.Resid = residuals(s.Y, x, a.Coef)
		if math.Abs(a.Rho) > 0.9 {
			g.Warnings = append(g.Warnings, fmt.Sprintf("errors are almost a random walk (autocorrelation %.2f): a level change cannot be told from drift", a.Rho))
		}
	default:
		m := Model{Names: names[1:], X: x[1:], Y: s.Y, Intercept: true}
		r, err := Regress(m, Errors{Kind: kind, Time: steps, Lags: lags, DoF: dof})
		if err != nil {
			return nil, err
		}
		g.Model, g.Resid, g.Lags = r, r.Resid, r.Lags
	}
	g.Level = g.Model.Combine(unitVector(names, columnLevel), level)
	g.Average = g.Model.Combine(s.average(names), level)
	g.Last = g.Model.Combine(s.after(names, s.Time[len(s.Time)-1]), level)
	if !s.StepOnly {
		g.Slope = g.Model.Combine(unitVector(names, columnSlope), level)
		after := unitVector(names, columnSlope)
		after[1] = 1
		g.After = g.Model.Combine(after, level)
	}
	return g, nil
}

func unitVector(names []string, name string) []float64 {
	c := make([]float64, len(names))
	for j, n := range names {
		if n == name {
			c[j] = 1
		}
	}
	return c
}

func residuals(y []float64, x [][]float64, b []float64) []float64 {
	u := make([]float64, len(y))
	for i := range y {
		u[i] = y[i] - linearAt(x, b, i)
	}
	return u
}

// wholeSteps counts time in steps of the smallest difference, or positions where
// differences are no multiples of it.
func wholeSteps(time []float64) []int {
	step := math.Inf(1)
	for i := 1; i < len(time); i++ {
		step = min(step, time[i]-time[i-1])
	}
	out := make([]int, len(time))
	for i, t := range time {
		q := (t - time[0]) / step
		if math.Abs(q-math.Round(q)) > 1e-6 {
			for j := range out {
				out[j] = j
			}
			return out
		}
		out[i] = int(math.Round(q))
	}
	return out
}
