// Package evidence says how well it is known that a tactic moved a dial, in fixed
// words, and never more than was computed.
//
// Two axes are kept apart: the rung says how we could know, the change says what
// the dial did. A change is not an effect.
//
// It is pure: numbers and facts in, words out. It formats no number; the caller
// does, in the locale of the reader.
package evidence

import "fmt"

// A Rung is how we could know that a tactic moved a dial.
type Rung int

// The rungs of domain.md §5.
const (
	Unlinked Rung = iota
	Linked
	BeforeAfter
	Interrupted
	Compared
	Staggered
	Randomised

	// Top is the highest rung.
	Top = Randomised
)

// Words are what an executive reads between the tactic and the dial.
func (r Rung) Words() string {
	return [...]string{
		"is not linked to", "is aimed at", "coincided with", "was followed by a break in trend in",
		"probably contributed to", "probably contributed to", "caused",
	}[r.clamp()]
}

// Design says in words how we know.
func (r Rung) Design() string {
	return [...]string{
		"not linked", "linked", "before/after", "break in trend", "comparison group",
		"staggered roll-out", "randomised",
	}[r.clamp()]
}

// HowWeKnow is the design with its place on the ladder: "comparison group (4 of 6)".
func (r Rung) HowWeKnow() string { return fmt.Sprintf("%s (%d of %d)", r.Design(), r.clamp(), Top) }

func (r Rung) clamp() Rung { return max(Unlinked, min(r, Top)) }

// A Link is what is registered about a tactic and a dial.
type Link struct {
	Exists, IsApproved                         bool
	HasGoal, HasMetric, HasBaseline, HasTarget bool // HasTarget: with its date
	HasOwner, HasMechanism, HasLag             bool // HasOwner: of the business, not of L&D
	IsRegisteredBeforeLaunch                   bool
}

// missing lists the parts that a complete link has and this one has not.
func (l Link) missing() []string {
	var parts []string
	for _, p := range []struct {
		has  bool
		name string
	}{
		{l.HasGoal, "a goal"},
		{l.HasMetric, "a dial"},
		{l.HasBaseline, "a baseline"},
		{l.HasTarget, "a target with its date"},
		{l.HasOwner, "a business owner"},
		{l.HasMechanism, "a mechanism"},
		{l.HasLag, "an expected lag"},
		{l.IsApproved, "an approval"},
	} {
		if !p.has {
			parts = append(parts, p.name)
		}
	}
	return parts
}

// minReporting is the share of units that must report a dial for its change to
// say something.
const minReporting = 0.80

// A Case is what is known of one tactic and one dial.
type Case struct {
	Link
	IsLaunched  bool
	IsDelivered bool // completions of a training, adoption of a process, pay lines of an incentive
	Change      Change
}

// A Verdict is how well it is known that a tactic moved a dial.
type Verdict struct {
	Rung  Rung
	Words string
	// Design says how we know, where that is not the rung's usual way.
	Design string
	// Missing is what keeps the verdict from the next rung, as nouns that follow
	// "missing: ".
	Missing []string
	// Caps says what no test will lift: "found afterwards" and the like.
	Caps []string
	// Next is what to do, as a sentence.
	Next string
}

// HowWeKnow is the rung with its caps: "linked (1 of 6), found afterwards".
func (v Verdict) HowWeKnow() string {
	text := v.Rung.HowWeKnow()
	if v.Design != "" {
		text = fmt.Sprintf("%s (%d of %d)", v.Design, v.Rung.clamp(), Top)
	}
	for _, c := range v.Caps {
		text += ", " + c
	}
	return text
}

// Judge says how well it is known that the tactic of c moved its dial, as far as
// registers and year-on-year changes can tell: rung 2 at most. The estimators of
// package impact are needed for more.
func Judge(c Case) Verdict {
	v := judge(c)
	v.Words = v.Rung.Words()
	if c.Exists && c.IsLaunched && !c.IsRegisteredBeforeLaunch {
		v.Caps = append(v.Caps, "found afterwards")
	}
	if v.Rung == BeforeAfter && !c.IsDelivered {
		v.Caps = append(v.Caps, "delivery not recorded")
	}
	return v
}

func judge(c Case) Verdict {
	if !c.Exists {
		return Verdict{
			Missing: []string{"a link to a goal and a dial"},
			Next:    "Link it to the goal and the dial that it is meant to move, or stop it.",
		}
	}
	if parts := c.missing(); len(parts) > 0 {
		next := "Complete the link before more is spent."
		if len(parts) == 1 && !c.IsApproved {
			next = "Have the business owner approve the link."
		}
		return Verdict{Missing: parts, Next: next}
	}
	switch reporting := c.Change.Reporting; {
	case !c.IsLaunched:
		return Verdict{Rung: Linked, Missing: []string{"a launch"}, Next: "Log which units start when before the launch."}
	case !c.Change.Known:
		return Verdict{Rung: Linked, Missing: []string{c.Change.Why}, Next: "Wait until there are complete months since the launch and in the year before it."}
	case c.Change.Skipped > 0:
		return Verdict{Rung: Linked, Missing: []string{"complete months: " + c.Change.Why}, Next: "Deliver the months that are missing."}
	case reporting < minReporting:
		return Verdict{Rung: Linked, Missing: []string{"reports from at least 80 % of the units"}, Next: "Have the units that do not report deliver their months."}
	}
	v := Verdict{Rung: BeforeAfter, Missing: []string{"a test of what would have happened without it"}}
	v.Next = "Compare with units that started later or not at all."
	if !c.IsDelivered {
		v.Missing = append(v.Missing, "records that it was delivered")
		v.Next = "Deliver the records of who took part."
	}
	return v
}

// Strongest returns the verdict on the highest rung, the first of equals.
func Strongest(verdicts []Verdict) (Verdict, bool) {
	if len(verdicts) == 0 {
		return Verdict{}, false
	}
	best := verdicts[0]
	for _, v := range verdicts[1:] {
		if v.Rung > best.Rung {
			best = v
		}
	}
	return best, true
}
