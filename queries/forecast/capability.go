package forecast

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Supply is how many people have a capability, and what will change that.
type Supply struct {
	Proficient  float64 // people who have it now
	Exits       float64 // people who left in PersonYears
	PersonYears float64
	Pipeline    float64 // people who are being trained for it
	Reached     float64 // of Trained who were below before: how many came up to the level
	Trained     float64
}

// A Projection is how many of the people required will have a capability, and
// how many will be missing, with a range.
type Projection struct {
	Months        float64
	Required      float64
	Supply        float64
	SupplyLow     float64
	SupplyHigh    float64
	Gap           float64 // max(0, required − supply)
	GapLow        float64
	GapHigh       float64
	Attrition     float64 // a year
	PipelineShare float64 // of the pipeline that is expected to come up to the level
}

// Capability projects a capability months ahead, when required people need it:
//
//	gap = max(0, required − (proficient·(1 − attrition)^h + pipeline·share·(1 − attrition)^h))
//
// h in years. Those in the pipeline leave as others do. The range holds the supply so
// often as level says: that people leave is binomial, and neither the rate at which
// they do (gamma, from the exits seen) nor the share of the pipeline that comes up
// (beta, from those trained before) is known exactly. One half is added to each count
// (Jeffreys), so that no exits seen does not mean that nobody will ever leave.
func Capability(s Supply, required, months, level float64) Projection {
	p := Projection{Months: months, Required: required}
	h := months / 12
	years := math.Max(s.PersonYears, 1e-9)
	p.Attrition = math.Min(s.Exits/years, 1)
	keep, keepVar := staying(s.Exits, years, h)
	if s.Trained > 0 {
		p.PipelineShare = s.Reached / s.Trained
	}
	stay := math.Pow(1-p.Attrition, h)
	p.Supply = (s.Proficient + s.Pipeline*p.PipelineShare) * stay

	// the moments of the two parts of the supply, and what the shared rate adds between them
	share, shareVar := 0.0, 0.0
	if s.Trained > 0 {
		a, b := s.Reached+.5, s.Trained-s.Reached+.5
		share = a / (a + b)
		shareVar = a * b / ((a + b) * (a + b) * (a + b + 1))
	}
	arriving := s.Pipeline * share
	n := s.Proficient + arriving
	variance := n*(keep-keep*keep-keepVar) + n*n*keepVar // of those who stay
	// of how many of the pipeline arrive, each of whom stays with probability keep
	variance += keep * keep * (s.Pipeline*(share-share*share-shareVar) + s.Pipeline*s.Pipeline*shareVar)
	z := distuv.UnitNormal.Quantile(.5 + level/2)
	half := z*math.Sqrt(math.Max(variance, 0)) + .5 // people come whole
	middle := n * keep
	p.SupplyLow = math.Max(0, math.Min(p.Supply, middle-half))
	p.SupplyHigh = math.Min(s.Proficient+s.Pipeline, math.Max(p.Supply, middle+half))
	p.Gap = math.Max(0, required-p.Supply)
	p.GapLow = math.Max(0, required-p.SupplyHigh)
	p.GapHigh = math.Max(0, required-p.SupplyLow)
	return p
}

// staying is the mean and the variance of the share that stays for h years, where the
// chance to leave within a year is beta distributed about the exits seen: one who is
// here at its beginning leaves with it, so exits ÷ person-years is that chance.
func staying(exits, years, h float64) (mean, variance float64) {
	a := math.Max(years-exits, 0) + .5
	b := exits + .5
	// the moments of x^h and x^2h of a beta(a, b)
	moment := func(k float64) float64 {
		x, _ := math.Lgamma(a + k)
		y, _ := math.Lgamma(a + b)
		u, _ := math.Lgamma(a)
		v, _ := math.Lgamma(a + b + k)
		return math.Exp(x + y - u - v)
	}
	mean = moment(h)
	return mean, math.Max(moment(2*h)-mean*mean, 0)
}

// A Score is how well earlier projections came true.
type Score struct {
	N        int     // projections whose outcome is known
	Error    float64 // mean absolute error of the supply, as a share of those required
	Bias     float64 // mean error, as that share: above 0 more was promised than came
	Coverage float64 // share of the outcomes within the range
}

// An Outcome is a projection and what came of it.
type Outcome struct {
	Projection
	Actual float64 // people who had the capability in the end
}

// ScoreOf compares projections with outcomes.
func ScoreOf(outcomes []Outcome) Score {
	t := Score{}
	var inside, required, off, bias float64
	for _, o := range outcomes {
		if o.Required <= 0 {
			continue
		}
		t.N++
		required += o.Required
		off += math.Abs(o.Supply - o.Actual)
		bias += o.Supply - o.Actual
		if o.Actual >= o.SupplyLow && o.Actual <= o.SupplyHigh {
			inside++
		}
	}
	if t.N > 0 {
		t.Error, t.Bias, t.Coverage = off/required, bias/required, inside/float64(t.N)
	}
	return t
}
