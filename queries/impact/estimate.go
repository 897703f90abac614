package impact

import (
	"encoding/json"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// An Estimate is an effect and its confidence interval, in the metric's unit.
// A part that is not known is NaN and is absent from its JSON.
type Estimate struct {
	Value     float64 // the effect
	StdErr    float64
	Statistic float64 // Value ÷ StdErr
	DF        float64 // degrees of freedom of the t distribution; +Inf is the normal
	P         float64 // two-sided
	Lo, Hi    float64 // bounds of the confidence interval around Value
	Level     float64 // confidence level of Lo and Hi, in (0, 1)
}

// NewEstimate makes an estimate of a value, its standard error and the degrees of
// freedom of its t distribution, which is the normal where df is +Inf.
//
//	statistic = value/se    p = 2·P(T_df > |statistic|)    value ± t_df((1+level)/2)·se
//
// A standard error of 0 gives the point value as the interval and no test; a NaN
// standard error gives a point estimate alone.
func NewEstimate(value, se, df, level float64) Estimate {
	nan := math.NaN()
	e := Estimate{Value: value, StdErr: se, Statistic: nan, DF: df, P: nan, Lo: nan, Hi: nan, Level: level}
	if math.IsNaN(se) || math.IsNaN(value) {
		e.DF = nan
		return e
	}
	if se == 0 {
		e.Lo, e.Hi = value, value
		return e
	}
	e.Statistic = value / se
	e.P = 2 * tail(math.Abs(e.Statistic), df)
	half := se * quantile((1+level)/2, df)
	e.Lo, e.Hi = value-half, value+half
	return e
}

// point is an estimate without a standard error.
func point(value, level float64) Estimate { return NewEstimate(value, math.NaN(), math.NaN(), level) }

// tail is P(T > x) for the t distribution with df degrees of freedom.
func tail(x, df float64) float64 {
	if math.IsInf(df, 1) || df > 1e7 {
		return 0.5 * math.Erfc(x/math.Sqrt2)
	}
	return distuv.StudentsT{Sigma: 1, Nu: df}.Survival(x)
}

// quantile is the p-quantile of the t distribution with df degrees of freedom.
func quantile(p, df float64) float64 {
	if math.IsInf(df, 1) || df > 1e7 {
		return distuv.UnitNormal.Quantile(p)
	}
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(p)
}

// fields are the parts of e under their names in JSON, in order.
func (e Estimate) fields() []field {
	return []field{
		{"estimate", e.Value},
		{"std_error", e.StdErr},
		{"statistic", e.Statistic},
		{"df", e.DF},
		{"p_value", e.P},
		{"ci_low", e.Lo},
		{"ci_high", e.Hi},
		{"level", e.Level},
	}
}

// MarshalJSON writes the parts that are known.
func (e Estimate) MarshalJSON() ([]byte, error) { return marshalFields(e.fields()) }

// A field is one member of a JSON object; absent values are left out.
type field struct {
	name  string
	value any
}

// marshalFields writes an object without nil, empty text, NaN and infinities.
func marshalFields(fields []field) ([]byte, error) {
	out := []byte{'{'}
	for _, f := range fields {
		switch v := f.value.(type) {
		case nil:
			continue
		case float64:
			if math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
		case string:
			if v == "" {
				continue
			}
		}
		b, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, f.name...)
		out = append(out, '"', ':')
		out = append(out, b...)
	}
	return append(out, '}'), nil
}
