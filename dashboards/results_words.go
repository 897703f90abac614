package dashboards

import (
	"strings"

	"dials/queries/evidence"
)

// A phrase is a part of a sentence; names of tactics stand out.
type phrase struct {
	Text   string
	IsBold bool
}

// A sentence is a sentence of phrases.
type sentence []phrase

func (s *sentence) say(text string)  { *s = append(*s, phrase{Text: text}) }
func (s *sentence) name(text string) { *s = append(*s, phrase{text, true}) }

// title answers the page's question in sentences that change with the data.
func title(stories []story) string {
	var dials []evidence.Reading
	for _, s := range stories {
		dials = append(dials, evidence.Reading{Move: s.move, Rung: s.rung()})
	}
	answer := evidence.Title(dials)
	if sure := helped(stories); sure != "" {
		moved, _, _ := strings.Cut(answer, ". ")
		return moved + ". " + sure
	}
	return answer
}

// rung is how well the best known tactic at the dial is known to have moved it.
func (s story) rung() evidence.Rung {
	if len(s.aims) == 0 {
		return evidence.Unlinked
	}
	return s.aims[0].verdict.Rung
}

// howWeKnow is the design behind the first tactic's verdict.
func (s story) howWeKnow() string {
	if len(s.aims) == 0 {
		return evidence.Unlinked.HowWeKnow()
	}
	return s.aims[0].howWeKnow()
}

// lead qualifies the title in one line.
func (r *request) lead(stories []story, t tacticTable) string {
	best := evidence.Unlinked
	var behind, alone int
	for _, s := range stories {
		best = max(best, s.rung())
		if len(s.aims) == 0 {
			alone++
		}
		if s.reading.PlanToDate.Known && s.reading.PlanToDate.Value < 0.995 {
			behind++
		}
	}
	var parts []string
	switch best {
	case evidence.BeforeAfter:
		parts = append(parts, "The best evidence so far is before and after: it shows that a dial moved, not why.")
	case evidence.Linked:
		parts = append(parts, "Tactics are linked, but none can be compared with the year before its launch yet.")
	}
	var states []string
	if behind > 0 {
		states = append(states, counted(behind, "dial", "is behind plan", "are behind plan"))
	}
	if alone > 0 && len(stories) > 1 {
		states = append(states, counted(alone, "dial", "has no tactic aimed at it", "have no tactic aimed at them"))
	}
	if len(states) > 0 {
		parts = append(parts, capital(list(states))+".")
	}
	if joint := jointDials(stories); joint > 0 {
		parts = append(parts, capital(counted(joint, "verdict", "is joint", "are joint"))+" with another event.")
	}
	if t.OrphanShare != "" {
		parts = append(parts, t.OrphanShare+" of tactic spend is not linked to any business goal.")
	}
	return strings.Join(parts, " ")
}

// jointDials counts the dials whose verdict names another event beside the tactic.
func jointDials(stories []story) int {
	n := 0
	for _, s := range stories {
		if len(s.aims) > 0 && len(s.aims[0].finding.Joint) > 0 {
			n++
		}
	}
	return n
}

// counted writes how many of something are in a state: "two dials are behind plan".
func counted(n int, noun, one, many string) string {
	if n == 1 {
		return "one " + noun + " " + one
	}
	return inWords(n) + " " + noun + "s " + many
}

// verdict tells a dial's story in business terms: what the dial did since the
// launch, and how the tactic stands to it.
func (r *request) verdict(s story) (out sentence, basis string) {
	if len(s.aims) == 0 {
		out.say("No tactic is linked to this dial.")
		return out, ""
	}
	a := s.aims[0]
	switch {
	case a.isTested():
		return r.tested(s), a.finding.Next
	case a.verdict.Rung == evidence.Unlinked:
		out.name(a.tactic.Name)
		out.say(" is meant for this dial, but " + missing(a.verdict) + " is missing.")
		return out, a.verdict.Next
	case a.verdict.Rung == evidence.Linked || !a.change.Known:
		out.name(a.tactic.Name)
		out.say(" " + evidence.Linked.Words() + " this. Missing to say more: " + missing(a.verdict) + ".")
		return out, a.verdict.Next
	case a.move == evidence.Steady:
		out.say(s.Name + " did not clearly change since " + month(*a.link.LaunchedMonth) + " (" + r.numbers.relative(a.change.Relative) + r.interval(a.change) + "). ")
		out.name(a.tactic.Name)
		out.say(" " + evidence.Linked.Words() + " it.")
	default:
		out.say(s.Name + " " + r.moved(s.dial, a.change) + " since " + month(*a.link.LaunchedMonth) + ". ")
		out.name(a.tactic.Name)
		out.say(" " + a.verdict.Words + " this")
		if a.move == evidence.Worse {
			out.say(", the other way")
		}
		r.others(&out, s.aims[1:])
		out.say(".")
	}
	for _, c := range a.verdict.Caps {
		out.say(" " + capital(c) + ".")
	}
	return out, comparedWith(r, a.change)
}

// comparedWith says what a change since launch was measured against.
func comparedWith(r *request, c evidence.Change) string {
	if c.Months == 12 {
		return "Last 12 complete months against the year before the launch."
	}
	return capital(r.numbers.plural(int64(c.Months), "complete month")) + " since the launch against the same months of the year before it."
}

func missing(v evidence.Verdict) string { return list(v.Missing) }

// moved writes a change as "rose 6.0 %" or "fell 4.5 points, −25 % (95 % interval −38 to −9 %)".
func (r *request) moved(d *dial, c evidence.Change) string {
	verb := "rose "
	if c.Points < 0 {
		verb = "fell "
	}
	return verb + r.size(d, c)
}

// size writes a change without its first sign.
func (r *request) size(d *dial, c evidence.Change) string {
	text := strings.TrimLeft(r.numbers.change(c.Now, c.Base, d.measure), "+"+minus)
	if c.HasInterval {
		text += " (" + strings.TrimPrefix(r.interval(c), ", ") + ")"
	}
	return text
}

// interval writes the 95 % interval of a change that has one: ", 95 % interval −38 to −9 %".
func (r *request) interval(c evidence.Change) string {
	if !c.HasInterval {
		return ""
	}
	return ", 95" + thin + "% interval " + r.numbers.relativeRange(c.Low, c.High)
}

// others names the further tactics that coincided, at most two of them.
func (r *request) others(out *sentence, rest []aim) {
	var names []string
	for _, a := range rest {
		if a.verdict.Rung >= evidence.BeforeAfter && a.move == rest[0].move {
			names = append(names, a.tactic.Name)
		}
	}
	switch {
	case len(names) == 0:
		return
	case len(names) == 1:
		out.say("; so did ")
		out.name(names[0])
	case len(names) == 2:
		out.say("; so did ")
		out.name(names[0])
		out.say(" and ")
		out.name(names[1])
	default:
		out.say("; so did ")
		out.name(names[0])
		out.say(" and " + inWords(len(names)-1) + " more")
	}
}

// aimWords are the verdict words of one tactic at one dial, for the table.
func (r *request) aimWords(d *dial, a aim) string {
	if a.isTested() {
		return r.testedWords(a)
	}
	var words string
	switch {
	case a.verdict.Rung == evidence.Unlinked:
		words = "not linked in full; missing: " + missing(a.verdict)
	case a.verdict.Rung == evidence.Linked || !a.change.Known:
		words = evidence.Linked.Words() + " it; missing: " + missing(a.verdict)
	case a.move == evidence.Steady:
		words = evidence.Linked.Words() + " it; no clear change"
	default:
		words = a.verdict.Words + " a rise of "
		if a.change.Points < 0 {
			words = a.verdict.Words + " a fall of "
		}
		words += strings.TrimLeft(r.numbers.change(a.change.Now, a.change.Base, d.measure), "+"+minus)
		if a.move == evidence.Worse {
			words += ", the other way"
		}
	}
	for _, c := range a.verdict.Caps {
		words += " · " + c
	}
	return words
}
