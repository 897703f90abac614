package dashboards

import (
	"math"
	"strings"

	"dials/queries/evidence"
)

// An effectScale writes effects: of the scale of the analysis it makes per cent,
// points or units of the dial.
type effectScale struct {
	numbers  numbers
	convert  func(v float64) float64
	unit     string // after the number, with its space
	decimals int
}

// scaleOf is how effects of a row are written: per cent of what would have been,
// points of a share, else the dial's own unit.
func (r *request) scaleOf(d *dial, row impactRow) effectScale {
	s := effectScale{numbers: r.numbers, decimals: 1}
	counterfactual := deref(row.Counterfactual)
	switch scale := deref(row.Scale); {
	case scale == "log":
		s.convert, s.unit = func(v float64) float64 { return math.Expm1(v) * 100 }, thin+"%"
	case scale == "share":
		s.convert, s.unit = func(v float64) float64 { return v * 100 }, " points"
	case d.measure.isPercent:
		factor := d.measure.factor * d.perYear()
		s.convert, s.unit = func(v float64) float64 { return v * factor }, " points"
	case counterfactual > 0 && !d.measure.isPoints:
		s.convert, s.unit = func(v float64) float64 { return v / counterfactual * 100 }, thin+"%"
	default:
		factor := d.measure.factor
		s.convert, s.unit = func(v float64) float64 { return v * factor }, d.measure.suffix
		if d.measure.isPoints {
			s.unit = " points"
		}
	}
	size := 0.0
	for _, v := range []*float64{row.Effect, row.Low, row.High} {
		size = max(size, math.Abs(s.convert(deref(v))))
	}
	switch {
	case size >= 20:
		s.decimals = 0
	case size < 1:
		s.decimals = 2
	}
	return s
}

// size writes an effect without its sign.
func (s effectScale) size(v float64) string {
	return s.numbers.fixed(math.Abs(s.convert(v)), s.decimals) + s.unit
}

// signed writes an effect with its sign.
func (s effectScale) signed(v float64) string {
	return s.numbers.signed(s.convert(v), s.decimals) + s.unit
}

// between writes an interval with signs: "+3.4 to +7.4 %".
func (s effectScale) between(low, high float64) string {
	return s.numbers.signed(s.convert(low), s.decimals) + " to " + s.numbers.signed(s.convert(high), s.decimals) + s.unit
}

// interval writes an interval as a sentence that says higher or lower needs it:
// sizes where both ends are on one side, else which end is on which.
func (s effectScale) interval(low, high float64) string {
	a, b := s.numbers.fixed(math.Abs(s.convert(low)), s.decimals), s.numbers.fixed(math.Abs(s.convert(high)), s.decimals)
	switch {
	case low < 0 && high > 0:
		return "from " + a + s.unit + " lower to " + b + s.unit + " higher"
	case high <= 0:
		a, b = b, a
	}
	return a + " to " + b + s.unit
}

// finding is what the engine concluded, as it was stored.
func (d *impactData) finding() evidence.Finding {
	row := d.row
	rung := evidence.Rung(row.Rung)
	f := evidence.Finding{
		Verdict: evidence.Verdict{Rung: rung, Words: rung.Words(), Missing: row.Missing, Caps: row.Caps, Next: deref(row.NextStep)},
		Result:  evidence.Result(row.Result), IsClaim: row.IsClaim, Joint: row.Joint, Tests: int(row.Tests), Rejected: int(row.Rejected),
		Why: deref(row.Reason), MindChange: deref(row.MindChange), MDE: deref(row.MDE),
	}
	if row.Effect != nil && row.Low != nil && row.High != nil {
		f.Low, f.High, f.Level, f.HasInterval = *row.Low, *row.High, deref(row.Level), true
	}
	return f
}

// unitNoun is what the dial is observed for: team, desk, line.
func (row impactRow) unitNoun() string {
	if t := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(deref(row.UnitType)), "_", " ")); t != "" {
		return t
	}
	return "unit"
}

// unitsWith names how many units or people have the tactic.
func (r *request) unitsWith(row impactRow) string {
	if row.IsPeople {
		return r.numbers.count(deref(row.Treated)) + " people"
	}
	return r.numbers.plural(deref(row.Treated), row.unitNoun())
}

// impactTitle is the verdict: what the dial did, what the tactic did to it, in the
// words of its rung.
func (r *request) impactTitle(d *impactData) string {
	s := evidence.Story{Dial: d.dial.Name, Tactic: d.tactic.Name, Wanted: d.dial.wanted(), Finding: d.finding()}
	if c := d.change; c.Known {
		s.Change = r.plainSize(d.dial, c)
		s.From, s.To = "the year before "+month(*d.row.Launched), "the "+r.numbers.plural(int64(c.Months), "month")+" to "+month(c.To)
		s.HasRisen = c.Points > 0
	}
	if d.row.Effect != nil && s.Finding.HasInterval {
		s.Units, s.Effect, s.IsHigher = r.unitsWith(d.row), d.scale.size(*d.row.Effect), *d.row.Effect > 0
		s.Interval = d.scale.interval(*d.row.Low, *d.row.High)
		s.Share = r.shareOfChange(d)
	}
	if d.row.MDE != nil {
		s.MDE = d.scale.size(*d.row.MDE)
	}
	sentence, _, _ := strings.Cut(s.Sentence(), " How we know:")
	if !strings.ContainsAny(s.Change, "123456789") {
		sentence = strings.Replace(strings.Replace(sentence, " rose "+s.Change+" ", " hardly changed ", 1), " fell "+s.Change+" ", " hardly changed ", 1)
	}
	return sentence
}

// plainSize is the size of a change: points where the dial is in per cent.
func (r *request) plainSize(d *dial, c evidence.Change) string {
	switch {
	case d.measure.isPercent:
		return r.numbers.fixed(math.Abs(c.Points)*d.measure.factor, 1) + " points"
	case math.IsNaN(c.Relative) || d.measure.isPoints:
		return r.numbers.fixed(math.Abs(c.Points)*d.measure.factor, 1) + d.measure.suffix
	}
	return r.numbers.fixed(math.Abs(c.Relative)*100, relativeDecimals(c.Relative)) + thin + "%"
}

// shareOfChange is the part of the company's change that is the tactic's, where
// the shares of all tactics leave one.
func (r *request) shareOfChange(d *impactData) string {
	if s := deref(d.row.Share); s > 0.005 {
		return "about " + r.numbers.wholePercent(s)
	}
	return ""
}

// resultWords say a result in a few words, for tables.
func resultWords(row impactRow) string {
	rung := evidence.Rung(row.Rung)
	joint := ""
	if len(row.Joint) > 0 {
		joint = ", together with " + list(row.Joint)
	}
	switch evidence.Result(row.Result) {
	case evidence.Moved:
		return rung.Words() + " it" + joint
	case evidence.MovedAgainst:
		return rung.Words() + " it, the other way" + joint
	case evidence.NoChange:
		return "no clear change" + joint
	}
	if rung < evidence.BeforeAfter {
		return rung.Words() + " it"
	}
	if strings.Contains(deref(row.Reason), "too weak") {
		return "too weak to tell" + joint
	}
	return "cannot be told" + joint
}
