package evidence

import (
	"fmt"
	"strings"
)

// A Story is what the sentence of a finding is made of. The caller has formatted
// its numbers and dates in the locale of the reader; what is not known is empty.
type Story struct {
	Dial, Tactic string
	Wanted       Wanted
	// Change is the dial's own: "6.0 %", without sign; From and To are months.
	Change, From, To string
	HasRisen         bool
	// Units is the number of units or people with the tactic, "24 teams".
	Units string
	// Effect is the tactic's, without sign, with its interval: "5.4 %", "3.4 to 7.4 %".
	Effect, Interval string
	IsHigher         bool
	// Share is the part of the company's change: "a third".
	Share string
	// MDE is the smallest effect that the test could have seen: "27 %".
	MDE     string
	Finding Finding
}

// Sentence says what the dial did, what the tactic did to it, how we know, what
// would change our mind and what to do next. It never says "proved".
func (s Story) Sentence() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	f := s.Finding
	if s.Change != "" && f.Rung > Unlinked {
		verb := "fell"
		if s.HasRisen {
			verb = "rose"
		}
		add("%s %s %s from %s to %s.", s.Dial, verb, s.Change, s.From, s.To)
	}
	if s.Effect != "" && f.HasInterval {
		side := "lower"
		if s.IsHigher {
			side = "higher"
		}
		share := ""
		if s.Share != "" {
			share = ": " + s.Share + " of the company's change"
		}
		add("In the %s with %s it was %s (%s) %s than it would have been%s.", s.Units, s.Tactic, s.Effect, s.Interval, side, share)
	}
	add("%s", f.Says(s.Tactic, s.Dial, s.MDE))
	add("How we know: %s.", f.HowWeKnow())
	if f.Rung >= BeforeAfter && f.MindChange != "" {
		add("What would change our mind: %s.", f.MindChange)
	}
	if f.Next != "" {
		add("Next: %s", lower(f.Next))
	}
	return strings.Join(parts, " ")
}

// Says says what the tactic did to the dial, as one sentence.
func (f Finding) Says(tactic, dial, mde string) string {
	who, verb := tactic, f.Rung.Words()
	if len(f.Joint) > 0 {
		who = tactic + " and " + strings.Join(f.Joint, " and ") + " together"
		verb = strings.Replace(verb, "was ", "were ", 1)
	}
	switch {
	case f.Rung < BeforeAfter:
		return fmt.Sprintf("%s %s %s.", who, verb, dial)
	case f.Result == Moved:
		return fmt.Sprintf("%s %s this.", who, verb)
	case f.Result == MovedAgainst:
		return fmt.Sprintf("%s %s this, the other way.", who, verb)
	case f.Result == NoChange:
		return fmt.Sprintf("%s made no clear change to %s; an effect of the size we wanted is ruled out.", who, dial)
	case !f.HasInterval:
		return fmt.Sprintf("Whether %s moved %s cannot be told: missing is %s.", who, dial, f.Why)
	case f.Why == tooWeak && mde != "":
		return fmt.Sprintf("Whether %s moved %s cannot be told: %s; it could have seen %s or more.", who, dial, f.Why, mde)
	case f.Why == tooWeak:
		return fmt.Sprintf("Whether %s moved %s cannot be told: %s.", who, dial, f.Why)
	}
	return fmt.Sprintf("Whether %s moved %s cannot be told: missing is %s.", who, dial, f.Why)
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
