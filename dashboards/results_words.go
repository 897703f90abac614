package dashboards

import (
	"fmt"
	"strings"
)

// rungWords say how we could know, in words (domain.md §5).
var rungDesigns = [...]string{
	"not linked", "linked, not measured yet", "before/after", "break in trend", "comparison group", "staggered roll-out", "randomised pilot",
}

// rungVerbs are the fixed words of the ladder.
var rungVerbs = [...]string{
	"is not linked to", "is aimed at", "coincided with", "was followed by a break in trend in", "probably contributed to", "probably contributed to", "caused",
}

// howWeKnow names the rung: "How we know: before/after (2 of 6)".
func howWeKnow(rung int) string {
	return fmt.Sprintf("How we know: %s (%d of 6)", rungDesigns[rung], rung)
}

// A phrase is a part of a sentence; names of tactics stand out.
type phrase struct {
	Text   string
	IsBold bool
}

// A sentence is a sentence of phrases.
type sentence []phrase

func (s *sentence) say(text string)  { *s = append(*s, phrase{Text: text}) }
func (s *sentence) name(text string) { *s = append(*s, phrase{text, true}) }

// String is the sentence without emphasis.
func (s sentence) String() string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(p.Text)
	}
	return b.String()
}

// headline answers the page's question in a sentence that changes with the data.
func headline(stories []story) string {
	var seen, improved, worsened, best int
	launched := false
	for _, s := range stories {
		if s.move == unseen {
			continue
		}
		seen++
		launched = launched || s.since.Known
		switch s.move {
		case better:
			improved++
		case worse:
			worsened++
		}
		if len(s.aims) > 0 {
			best = max(best, s.aims[0].rung)
		}
	}
	if seen == 0 {
		return "No dial can be compared yet: a year of complete months is needed."
	}
	when := " on last year"
	if launched {
		when = " since our tactics were launched"
	}
	first := capital(inWords(improved)) + " of " + inWords(seen) + " dials improved" + when
	switch {
	case seen == 1:
		first = map[bool]string{true: "The one dial improved", false: "The one dial did not improve"}[improved == 1] + when
	case improved == seen:
		first = "All " + inWords(seen) + " dials improved" + when
	case improved == 0 && worsened == 0:
		first = "None of the " + inWords(seen) + " dials moved" + when
	case improved == 0:
		first = "None of the " + inWords(seen) + " dials improved" + when
	}
	switch {
	case improved == 0:
		return first + "."
	case best >= 2:
		return first + ". Whether the tactics did it is not tested yet."
	}
	return first + ". No tactic is linked well enough to say why."
}

// lead qualifies the headline in one line.
func (r *request) lead(stories []story, t tacticTable) string {
	var best, behind, alone, worsened int
	for _, s := range stories {
		if len(s.aims) > 0 {
			best = max(best, s.aims[0].rung)
		} else {
			alone++
		}
		if s.move == worse {
			worsened++
		}
		if s.reading.PlanToDate.Known && s.reading.PlanToDate.Value < 0.995 {
			behind++
		}
	}
	var parts []string
	switch {
	case best >= 2:
		parts = append(parts, "The best evidence so far is before/after: it shows that a dial moved, not why.")
	case best == 1:
		parts = append(parts, "Tactics are linked, but none has run long enough to compare.")
	}
	var states []string
	if worsened > 0 {
		states = append(states, counted(worsened, "dial", "moved the wrong way", "moved the wrong way"))
	}
	if behind > 0 {
		states = append(states, counted(behind, "dial", "is behind plan", "are behind plan"))
	}
	if alone > 0 && len(stories) > 1 {
		states = append(states, counted(alone, "dial", "has no tactic aimed at it", "have no tactic aimed at them"))
	}
	if len(states) > 0 {
		parts = append(parts, capital(list(states))+".")
	}
	if t.OrphanShare != "" {
		parts = append(parts, t.OrphanShare+" of tactic spend is not linked to any business goal.")
	}
	return strings.Join(parts, " ")
}

// counted writes how many of something are in a state: "two dials are behind plan".
func counted(n int, noun, one, many string) string {
	if n == 1 {
		return "one " + noun + " " + one
	}
	return inWords(n) + " " + noun + "s " + many
}

// verdict tells a dial's story in business terms.
func (r *request) verdict(s story) sentence {
	var out sentence
	if len(s.aims) == 0 {
		out.say("No tactic is linked to this dial.")
		return out
	}
	a := s.aims[0]
	c := a.change
	switch {
	case a.rung == 0:
		out.name(a.tactic.Name)
		out.say(" is meant for this dial, but " + a.why + ".")
	case a.rung == 1:
		out.name(a.tactic.Name)
		if a.link.LaunchedMonth != nil {
			out.say(" (" + launchWord(a, r) + ")")
		}
		out.say(" is aimed at this: " + a.why + ".")
	case a.move == steady:
		out.say(r.moved(s.dial, c) + " before ")
		out.name(a.tactic.Name)
		out.say(" was launched in " + month(c.Launch) + ": no move to speak of.")
	default:
		out.say(r.moved(s.dial, c) + " before the launch of ")
		out.name(a.tactic.Name)
		out.say(" in " + month(c.Launch) + ". It " + rungVerbs[a.rung] + " this" + map[bool]string{true: ", the other way", false: ""}[a.move == worse])
		r.others(&out, s.aims[1:])
		out.say(".")
	}
	if a.rung >= 1 && a.link.IsRegisteredBeforeLaunch != nil && !*a.link.IsRegisteredBeforeLaunch {
		out.say(" Found afterwards: the link was registered after the launch.")
	}
	return out
}

// moved writes the change since a launch: "Down 4.5 points, −25 % (−38 to −9 %), in the last 12 complete months against the year".
func (r *request) moved(d *dial, c change) string {
	var b strings.Builder
	switch {
	case c.Relative > 0:
		b.WriteString("Up ")
	default:
		b.WriteString("Down ")
	}
	text := r.numbers.change(c.Value, c.Base, d.measure)
	if d.measure.isPercent {
		points, relative, _ := strings.Cut(text, ", ")
		b.WriteString(strings.TrimLeft(points, "+"+minus) + ", " + relative)
	} else {
		b.WriteString(strings.TrimLeft(text, "+"+minus))
	}
	if c.HasInterval {
		b.WriteString(" (95 % sure: " + r.numbers.relativeRange(c.Low, c.High) + ")")
	}
	if c.Months == 12 {
		b.WriteString(" in the last 12 complete months against the year")
	} else {
		b.WriteString(" in the " + r.numbers.plural(int64(c.Months), "complete month") + " since then against the same months of the year")
	}
	return b.String()
}

// others names the further tactics that coincided, at most two of them.
func (r *request) others(out *sentence, rest []aim) {
	var names []string
	for _, a := range rest {
		if a.rung >= 2 {
			names = append(names, a.tactic.Name)
		}
	}
	if len(names) == 0 {
		return
	}
	more := ""
	if len(names) > 2 {
		names, more = names[:2], fmt.Sprintf(" and %s more", inWords(len(names)-2))
	}
	out.say("; so did ")
	for i, name := range names {
		if i > 0 && more == "" {
			out.say(" and ")
		} else if i > 0 {
			out.say(", ")
		}
		out.name(name)
	}
	out.say(more)
}

func launchWord(a aim, r *request) string {
	if a.link.LaunchedMonth.After(r.asOf) {
		return "from " + month(*a.link.LaunchedMonth)
	}
	return "launched in " + month(*a.link.LaunchedMonth)
}

// aimWords are the verdict words of one tactic at one dial, for the table.
func (r *request) aimWords(d *dial, a aim) string {
	words := ""
	switch {
	case a.rung == 2 && a.move == steady:
		words = "is aimed at it; no move to speak of (" + r.numbers.relative(a.change.Relative) + ")"
	case a.rung == 2:
		words = rungVerbs[2] + " " + r.numbers.change(a.change.Value, a.change.Base, d.measure)
		if a.move == worse {
			words += ", the other way"
		}
	case a.rung == 1:
		words = rungVerbs[1] + " it: " + a.why
	default:
		words = "not yet: " + a.why
	}
	if a.link.IsRegisteredBeforeLaunch != nil && !*a.link.IsRegisteredBeforeLaunch {
		words += " · found afterwards"
	}
	return words
}
