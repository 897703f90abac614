package dashboards

import (
	"math"
	"strings"

	"dials/queries/evidence"
)

// An evidenceRow is what the impact engine found about one tactic and one dial.
type evidenceRow struct {
	TacticID       string   `db:"tactic_id"`
	MetricID       string   `db:"metric_id"`
	Rung           int64    `db:"rung"`
	Result         string   `db:"result"`
	IsClaim        bool     `db:"is_claim"`
	JointWith      []string `db:"joint_with"`
	Caps           []string `db:"caps"`
	Missing        []string `db:"missing"`
	Reason         *string  `db:"reason"`
	HowWeKnow      *string  `db:"how_we_know"`
	NextStep       *string  `db:"next_step"`
	EffectRelative *float64 `db:"effect_relative"`
	LowRelative    *float64 `db:"low_relative"`
	HighRelative   *float64 `db:"high_relative"`
	Level          *float64 `db:"level"`
	MDERelative    *float64 `db:"mde_relative"`
	Treated        *int64   `db:"treated"`
	IsPeople       bool     `db:"is_people"`
}

// finding is the row as the engine concluded it.
func (e evidenceRow) finding() evidence.Finding {
	rung := evidence.Rung(e.Rung)
	f := evidence.Finding{
		Verdict: evidence.Verdict{Rung: rung, Words: rung.Words(), Missing: e.Missing, Caps: e.Caps, Next: deref(e.NextStep)},
		Result:  evidence.Result(e.Result), IsClaim: e.IsClaim, Joint: e.JointWith, Why: deref(e.Reason),
	}
	if e.EffectRelative != nil && e.LowRelative != nil && e.HighRelative != nil {
		f.Low, f.High, f.Level, f.HasInterval = *e.LowRelative, *e.HighRelative, deref(e.Level), true
	}
	return f
}

// adopt takes the engine's finding for an aim. Its verdict stands in place of the
// one from registers and changes, which knows less.
func (a *aim) adopt(e evidenceRow) {
	a.finding, a.evidence = e.finding(), &e
	a.verdict = a.finding.Verdict
}

// howWeKnow is the design that was in fact used, with its place on the ladder: a
// comparison whose check failed stands on the rung of a break in trend, and is none.
// The caps are said elsewhere.
func (a aim) howWeKnow() string {
	if a.evidence == nil || a.evidence.HowWeKnow == nil {
		return a.verdict.Rung.HowWeKnow()
	}
	design, _, _ := strings.Cut(*a.evidence.HowWeKnow, "), ")
	return strings.TrimSuffix(design, ")") + ")"
}

// isTested reports whether the engine has an estimate, not a comparison of years alone.
func (a aim) isTested() bool {
	return a.evidence != nil && a.finding.Rung >= evidence.Interrupted
}

// tested says what the dial did since the launch and what the tactic did to it.
func (r *request) tested(s story) sentence {
	a := s.aims[0]
	var out sentence
	if a.change.Known {
		did := "did not clearly change"
		if a.move != evidence.Steady {
			did = r.moved(s.dial, a.change)
		}
		out.say(s.Name + " " + did + " since " + month(*a.link.LaunchedMonth) + ". ")
	}
	r.found(&out, a, a.move == evidence.Better)
	for _, c := range a.finding.Caps {
		out.say(" " + capital(c) + ".")
	}
	if len(s.aims) > 1 && s.aims[1].isTested() {
		out.say(" ")
		r.found(&out, s.aims[1], a.move == evidence.Better)
	}
	return out
}

// found says what a tactic did to its dial, in the words of its rung. dialMoved
// says that the sentence before told of a change that "this" can point to.
func (r *request) found(out *sentence, a aim, dialMoved bool) {
	f := a.finding
	out.name(a.tactic.Name)
	for _, other := range f.Joint {
		out.say(" and ")
		out.name(other)
	}
	if len(f.Joint) > 0 {
		out.say(" together")
	}
	switch f.Result {
	case evidence.Moved, evidence.MovedAgainst:
		words := f.Rung.Words()
		if len(f.Joint) > 0 {
			words = strings.Replace(words, "was ", "were ", 1)
		}
		switch {
		case dialMoved && f.Result == evidence.Moved:
			out.say(" " + words + " this: in " + r.withIt(*a.evidence) + " it was ")
		case f.Rung == evidence.Interrupted:
			out.say(" " + words + " " + r.withIt(*a.evidence) + ": ")
		default:
			out.say(" " + words + " a change in " + r.withIt(*a.evidence) + ": ")
		}
		out.say(r.effect(*a.evidence) + " than it would have been")
		if f.Result == evidence.MovedAgainst {
			out.say(", the other way")
		}
		out.say(".")
	case evidence.NoChange:
		out.say(": no clear change; an effect of the size we wanted is ruled out.")
	default:
		out.say(": " + r.cannotTell(a) + ".")
	}
}

// cannotTell says why a test has no answer.
func (r *request) cannotTell(a aim) string {
	if mde := r.mde(a); mde != "" && a.finding.HasInterval {
		return "too weak to tell; it could have seen " + mde + " or more"
	}
	return "cannot tell; missing is " + a.finding.Why
}

// withIt names how many had the tactic: "its 24 units".
func (r *request) withIt(e evidenceRow) string {
	if e.Treated == nil {
		return "the units with it"
	}
	if e.IsPeople {
		return "its " + r.numbers.count(*e.Treated) + " people"
	}
	return "its " + r.numbers.plural(*e.Treated, "unit")
}

// effect writes an effect and its interval without sign: "5.4 % (3.4 to 7.4 %) higher".
func (r *request) effect(e evidenceRow) string {
	side, low, high := " higher", math.Abs(*e.LowRelative), math.Abs(*e.HighRelative)
	if *e.EffectRelative < 0 {
		side, low, high = " lower", high, low
	}
	decimals := relativeDecimals(max(low, high))
	write := func(v float64) string { return r.numbers.fixed(v*100, decimals) }
	return write(math.Abs(*e.EffectRelative)) + thin + "% (" + write(low) + " to " + write(high) + thin + "%)" + side
}

// mde is the smallest effect that the test could have seen.
func (r *request) mde(a aim) string {
	if a.evidence == nil || a.evidence.MDERelative == nil {
		return ""
	}
	return r.numbers.wholePercent(math.Abs(*a.evidence.MDERelative))
}

// testedWords are the verdict words of a tested tactic, for the table.
func (r *request) testedWords(a aim) string {
	f, words := a.finding, ""
	switch f.Result {
	case evidence.Moved, evidence.MovedAgainst:
		words = f.Rung.Words()
		switch f.Rung {
		case evidence.Interrupted:
			words = "was followed by a break in trend"
		case evidence.Randomised:
			words = "caused a change"
		case evidence.Compared, evidence.Staggered:
			words = "probably contributed"
		}
		words += ": " + r.effect(*a.evidence) + " in " + r.withIt(*a.evidence)
		if f.Result == evidence.MovedAgainst {
			words += ", the other way"
		}
		if len(f.Joint) > 0 {
			words = "with " + list(f.Joint) + ", " + words
		}
	case evidence.NoChange:
		words = "no clear change; the size we wanted is ruled out"
	default:
		words = r.cannotTell(a)
	}
	if len(f.Caps) > 0 {
		words = list(f.Caps) + ": " + words
	}
	return words
}

// helped says how sure we are that our tactics helped, once there is more than
// before and after; empty if there is not.
func helped(stories []story) string {
	var good, some, none, against, weak int
	for _, s := range stories {
		if len(s.aims) == 0 || !s.aims[0].isTested() {
			continue
		}
		switch f := s.aims[0].finding; {
		case f.IsClaim && f.Rung >= evidence.Compared:
			good++
		case f.IsClaim || f.Result == evidence.Moved:
			some++
		case f.Result == evidence.NoChange:
			none++
		case f.Result == evidence.MovedAgainst:
			against++
		default:
			weak++
		}
	}
	var parts []string
	switch {
	case good > 0:
		parts = append(parts, "we have good evidence that our tactics helped "+inWords(good))
		if some > 0 {
			parts = append(parts, "and some for "+inWords(some)+" more")
		}
	case some > 0:
		parts = append(parts, "we have some evidence that our tactics helped "+inWords(some))
	}
	text := strings.Join(parts, " ")
	if none > 0 {
		text = join("; ", text, "for "+inWords(none)+" we found no sign")
	}
	if against > 0 {
		text = join("; ", text, "for "+inWords(against)+" it went the other way")
	}
	if weak > 0 {
		text = join("; ", text, "for "+inWords(weak)+" the test was too weak to tell")
	}
	if text == "" {
		return ""
	}
	return capital(text) + "."
}
