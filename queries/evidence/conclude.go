package evidence

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// FalseDiscovery is the share of claims that may be false: q of Benjamini and
// Hochberg.
const FalseDiscovery = 0.05

// A Result is what happened to the dial because of the tactic, apart from how
// well it could be known.
type Result string

// The results.
const (
	Moved        Result = "moved as wanted"
	NoChange     Result = "no clear change"
	MovedAgainst Result = "moved against"
	CannotTell   Result = "cannot tell"
)

// A Finding is a judged trial.
type Finding struct {
	Verdict
	Result Result
	// IsClaim: rung 3 or higher, moved as wanted after the correction for many
	// tests, and the tactic's alone.
	IsClaim bool
	// Joint names what else explains the effect as well; the verdict is then about
	// them all.
	Joint []string
	Gates []Gate
	// Low and High hold the effect at Level, on the scale of the estimate.
	Low, High, Level float64
	HasInterval      bool
	MDE              float64 // what a test like this sees 4 times in 5; 0 where unknown
	// Tests is the number of tests in the family of this one, Rejected how many of
	// them show an effect.
	Tests, Rejected int
	// Why says why the result is cannot tell.
	Why string
	// WeakestGate is the name of the gate that is nearest to failing.
	WeakestGate string
	// MindChange is what would change our mind, as a noun phrase.
	MindChange string
}

// Conclude judges trials together, since many tests find something by chance: of
// the trials on rung 3 or higher, those found afterwards apart,
//
//	R = max{k : p₍ₖ₎ ≤ k·q/m}    level of the claimed effects' intervals = 1 − q·R/m
//
// An effect that is not among the R does not count as one. Findings are in the
// order of the trials and do not depend on it.
//
// Source: Y. Benjamini and Y. Hochberg, J. Royal Statistical Society B 57 (1995)
// 289–300; Y. Benjamini and D. Yekutieli, J. American Statistical Association 100
// (2005) 71–81 for the intervals.
func Conclude(trials []Trial) []Finding {
	findings := make([]Finding, len(trials))
	families := map[bool][]int{} // by found afterwards
	for i, t := range trials {
		f := &findings[i]
		f.Gates = Gates(t)
		f.Verdict = ladder(t, f.Gates)
		if f.Rung >= Interrupted && tested(t) {
			after := !t.IsRegisteredBeforeLaunch
			families[after] = append(families[after], i)
		}
	}
	rejected := make([]bool, len(trials))
	for _, family := range families {
		p := make([]float64, len(family))
		for k, i := range family {
			p[k] = trials[i].Estimate.P
		}
		r := Discoveries(p, FalseDiscovery)
		for k, i := range family {
			findings[i].Tests, findings[i].Rejected = len(family), r
			rejected[i] = r > 0 && p[k] <= FalseDiscovery*float64(r)/float64(len(family))
		}
	}
	for i, t := range trials {
		findings[i].conclude(t, rejected[i])
	}
	return findings
}

// tested reports whether the data suffice for a result.
func tested(t Trial) bool { return t.Estimate != nil && t.Reporting >= minReporting }

// Discoveries is the number of tests that Benjamini and Hochberg reject at q: the
// largest k of which the k-th smallest p ≤ k·q/m.
func Discoveries(p []float64, q float64) int {
	sorted := slices.Sorted(slices.Values(p))
	for k := len(sorted); k > 0; k-- {
		if sorted[k-1] <= q*float64(k)/float64(len(sorted)) {
			return k
		}
	}
	return 0
}

// conclude reads the result from the interval.
func (f *Finding) conclude(t Trial, rejected bool) {
	f.Result = CannotTell
	f.Joint = joint(f.Gates, t.Rivals)
	f.WeakestGate, f.MindChange = weakest(t, f.Gates, f.Rung)
	defer func() {
		f.IsClaim = f.Rung >= Interrupted && f.Result == Moved && len(f.Joint) == 0
		f.Next = next(t, *f)
	}()
	switch {
	case t.Estimate == nil:
		f.Why = "no test of what would have happened without it"
		if len(f.Missing) > 0 {
			f.Why = f.Missing[0]
		}
		return
	case f.Rung < Interrupted:
		// what was estimated rests on gates that failed, or on nothing delivered
		f.Why = "a test of what would have happened without it"
		for _, g := range f.Gates {
			if g.IsCap && g.Status == Failed && g.Rung == f.Rung {
				f.Missing = append([]string{lacking(g)}, f.Missing...)
			}
		}
		if len(f.Missing) > 0 {
			f.Why = f.Missing[0]
		}
		return
	case t.Reporting < minReporting:
		f.Why = "reports from at least 80 % of the units"
		f.Missing = append(f.Missing, f.Why)
	}
	f.interval(t, rejected)
	if t.Reporting < minReporting {
		return
	}
	f.Result, f.Why = f.read(t, rejected)
}

// interval sets the interval: at 95 %, and at the corrected level where an effect
// is claimed or would be one but for the other tests.
func (f *Finding) interval(t Trial, rejected bool) {
	e := *t.Estimate
	f.Level = 0.95
	corrected := 0.95
	if f.Tests > 0 {
		corrected = 1 - FalseDiscovery*float64(max(1, f.Rejected))/float64(f.Tests)
	}
	f.Low, f.High = e.Interval(f.Level)
	if rejected || f.Tests > 0 && (f.Low > 0 || f.High < 0) {
		f.Level = corrected
		f.Low, f.High = e.Interval(f.Level)
	}
	f.HasInterval = true
	if e.StdErr > 0 {
		f.MDE = e.StdErr * (e.quantile(0.975) + e.quantile(0.8))
	}
}

func (f *Finding) read(t Trial, rejected bool) (Result, string) {
	low, high := f.Low, f.High
	if t.Wanted == Down {
		low, high = -high, -low
	}
	// Where there is no family, the interval decides alone.
	counts := rejected || f.Tests == 0 && t.Estimate.P <= 1-f.Level+1e-12
	switch {
	case counts && low > 0:
		return Moved, ""
	case counts && high < 0:
		return MovedAgainst, ""
	case t.Worth > 0 && high < t.Worth:
		return NoChange, ""
	}
	return CannotTell, tooWeak
}

// Interval is value ± t·se at a level.
func (e Estimate) Interval(level float64) (low, high float64) {
	half := e.StdErr * e.quantile((1+level)/2)
	return e.Value - half, e.Value + half
}

func (e Estimate) quantile(p float64) float64 {
	if e.DF <= 0 || math.IsInf(e.DF, 1) {
		return distuv.UnitNormal.Quantile(p)
	}
	return distuv.StudentsT{Sigma: 1, Nu: e.DF}.Quantile(p)
}

// joint names the rivals that touched one group more than the other.
func joint(gates []Gate, rivals []Rival) []string {
	var names []string
	at := 0
	for _, g := range gates {
		if g.Name != "rival" {
			continue
		}
		if g.Status == Failed {
			names = append(names, rivals[at].Name)
		}
		at++
	}
	return names
}

// ladder gives a trial its rung, with what keeps it from the next one.
func ladder(t Trial, gates []Gate) Verdict {
	v := judge(t.Case)
	rung := rungOf(t, gates)
	if rung > v.Rung {
		v.Missing = nil
	}
	if rung >= BeforeAfter {
		v.Missing = nil
		for r := rung + 1; r <= Top; r++ {
			failed := failures(gates, r)
			if len(failed) > 0 {
				v.Missing = failed
				break
			}
		}
		if rung == BeforeAfter && len(v.Missing) == 0 {
			v.Missing = []string{"a test of what would have happened without it"}
		}
	}
	v.Rung, v.Words = rung, rung.Words()
	if rung == Interrupted && t.Groups != nil {
		v.Design = "comparison group with a failed check"
	}
	if t.Exists && t.IsLaunched && !t.IsRegisteredBeforeLaunch {
		v.Caps = append(v.Caps, "found afterwards")
	}
	if rung >= BeforeAfter && !t.IsDelivered {
		v.Caps = append(v.Caps, "delivery not recorded")
	}
	if t.Design == Adjusted && rung >= BeforeAfter {
		v.Caps = append(v.Caps, "people were chosen")
	}
	if s := t.Selection; s != nil && rung >= BeforeAfter && (!s.IsLeftOut || !s.IsMatched || s.EarlierMonths < minEarlier) {
		v.Caps = append(v.Caps, "units chosen on the dial")
	}
	return v
}

// failures are the gates of a rung that failed, in words that follow "missing: ".
func failures(gates []Gate, r Rung) []string {
	var names []string
	for _, g := range gates {
		if g.Rung == r && !g.IsCap && g.Status == Failed {
			names = append(names, lacking(g))
		}
	}
	return names
}

const tooWeak = "this test was too weak to tell"
