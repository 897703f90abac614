package forecast

import (
	"math"
	"slices"

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
	Others      float64 // people of whom it is required and who are not known to have it, the pipeline among them
	Inflow      float64 // of those others outside the pipeline: the share that comes up within a year, as history shows
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
//	gap = max(0, required − (proficient + pipeline)·(1 − attrition)^h)
//
// h in years. The pipeline is the share of those in training that comes up to the level, and of
// the others those who come up as they did before, 1 − (1 − inflow)^h of them. Those in the pipeline leave as others do. The range holds the supply so
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
	inflow := s.inflow(h)
	p.Supply = (s.Proficient + s.Pipeline*p.PipelineShare + inflow) * stay

	// the moments of the two parts of the supply, and what the shared rate adds between them
	share, shareVar := 0.0, 0.0
	if s.Trained > 0 {
		a, b := s.Reached+.5, s.Trained-s.Reached+.5
		share = a / (a + b)
		shareVar = a * b / ((a + b) * (a + b) * (a + b + 1))
	}
	arriving := s.Pipeline*share + inflow
	n := s.Proficient + arriving
	variance := n*(keep-keep*keep-keepVar) + n*n*keepVar // of those who stay
	// of how many of the pipeline arrive, each of whom stays with probability keep
	variance += keep * keep * (s.Pipeline*(share-share*share-shareVar) + s.Pipeline*s.Pipeline*shareVar)
	z := distuv.UnitNormal.Quantile(.5 + level/2)
	half := z*math.Sqrt(math.Max(variance, 0)) + .5 // people come whole
	middle := n * keep
	p.SupplyLow = math.Max(0, math.Min(p.Supply, middle-half))
	p.SupplyHigh = math.Min(s.Proficient+math.Max(s.Pipeline, s.Others), math.Max(p.Supply, middle+half))
	return p.told()
}

// inflow is how many of the others come up within h years.
func (s Supply) inflow(h float64) float64 {
	return math.Max(s.Others-s.Pipeline, 0) * (1 - math.Pow(1-s.Inflow, h))
}

// told fills in the gaps that follow from the supply.
func (p Projection) told() Projection {
	p.Gap = math.Max(0, p.Required-p.Supply)
	p.GapLow = math.Max(0, p.Required-p.SupplyHigh)
	p.GapHigh = math.Max(0, p.Required-p.SupplyLow)
	return p
}

// Widened is the projection with a range that is at least as wide as half, a share of those
// required a year ahead, says; it grows with the root of the time.
func (p Projection) Widened(half float64) Projection {
	w := half * p.Required * math.Sqrt(p.Months/12)
	p.SupplyLow = math.Max(0, math.Min(p.SupplyLow, p.Supply-w))
	p.SupplyHigh = math.Max(p.SupplyHigh, p.Supply+w)
	return p.told()
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

// A SupplyPast is what was known of one capability at an earlier moment, and what came of it
// 12 months later.
type SupplyPast struct {
	Name     string // of the capability
	Origin   int    // the month, counted from any one
	Supply   Supply // Inflow is not looked at
	Required float64
	Actual   float64 // people of then who had the capability in the end
}

// An Experience is what earlier projections teach.
type Experience struct {
	N        int     // projections whose outcome is known, each made with what was known then alone
	Error    float64 // mean absolute error of the supply, as a share of those required
	Bias     float64 // mean error, as that share: above 0 more was promised than came
	Half     float64 // half of the range that held so often as level says, as that share
	Coverage float64 // share of the outcomes within the range that the other origins would have given
	past     []SupplyPast
}

// shrinkage is how many people a capability must have to weigh as much as all together.
const shrinkage = 50

// Learn makes each earlier projection anew with what was known at its origin, and compares
// it with what came. The earliest year teaches the inflow of the later ones.
func Learn(past []SupplyPast, level float64) Experience {
	e := Experience{past: past}
	type miss struct {
		origin int
		size   float64
	}
	var misses []miss
	required := 0.0
	for _, p := range past {
		inflow, known := e.Inflow(p.Name, p.Origin)
		if !known || p.Required <= 0 {
			continue
		}
		s := p.Supply
		s.Inflow = inflow
		off := Capability(s, p.Required, 12, level).Supply - p.Actual
		misses = append(misses, miss{p.Origin, math.Abs(off) / p.Required})
		required += p.Required
		e.Error += math.Abs(off)
		e.Bias += off
	}
	e.N = len(misses)
	if e.N == 0 {
		return e
	}
	e.Error, e.Bias = e.Error/required, e.Bias/required
	half := func(but int) float64 {
		var sizes []float64
		for _, m := range misses {
			if m.origin != but {
				sizes = append(sizes, m.size)
			}
		}
		if len(sizes) == 0 {
			return 0
		}
		slices.Sort(sizes)
		// one more than there are: the next one is as likely to be anywhere among them
		at := int(math.Ceil(float64(len(sizes)+1)*level)) - 1
		return sizes[min(at, len(sizes)-1)]
	}
	e.Half = half(math.MinInt)
	inside := 0
	for _, m := range misses {
		if m.size <= half(m.origin) {
			inside++
		}
	}
	e.Coverage = float64(inside) / float64(e.N)
	return e
}

// Inflow is the share of those not at the level who come up within a year, of a
// capability, by the outcomes that are known in a month; known is false if none is. What
// one capability says is drawn towards what all say, the more the fewer its people.
func (e Experience) Inflow(name string, month int) (share float64, known bool) {
	var own, ownPeople, all, allPeople float64
	for _, p := range e.past {
		if p.Origin+12 > month {
			continue
		}
		stay := 1 - math.Min(p.Supply.Exits/math.Max(p.Supply.PersonYears, 1e-9), 1)
		reached := 0.0
		if p.Supply.Trained > 0 {
			reached = p.Supply.Pipeline * p.Supply.Reached / p.Supply.Trained
		}
		came := p.Actual - stay*(p.Supply.Proficient+reached)
		people := stay * math.Max(p.Supply.Others-p.Supply.Pipeline, 0)
		all, allPeople = all+came, allPeople+people
		if p.Name == name {
			own, ownPeople = own+came, ownPeople+people
		}
	}
	if allPeople <= 0 {
		return 0, false
	}
	pooled := all / allPeople
	share = (own + shrinkage*pooled) / (ownPeople + shrinkage)
	return math.Max(0, math.Min(share, .95)), true
}
