package evidence

import (
	"fmt"
	"strings"
)

// A Saying is what the sentence of a card is made of; the caller has formatted
// its numbers and dates.
type Saying struct {
	Dial, Tactic string
	// By is the size of the change without sign: "6.0 %", "4.5 points (25 %)".
	By string
	// Range is its interval, "3 to 9 %"; empty where there is none.
	Range string
	// Since is the month of the launch: "January 2025".
	Since   string
	Change  Change
	Wanted  Wanted
	Verdict Verdict
}

// Sentence says in business terms what the dial did since the launch and how the
// tactic stands to it, as in "Revenue rose 6.0 % against the same months of the
// year before January 2025. Consultative selling coincided with this.".
func (s Saying) Sentence() string {
	tactic := fmt.Sprintf("%s %s %s.", s.Tactic, s.Verdict.Words, s.Dial)
	if s.Verdict.Rung == Unlinked || !s.Change.Known {
		return tactic
	}
	period := fmt.Sprintf("against the same months of the year before %s", s.Since)
	verb, by := "rose", " "+s.By
	if s.Change.Points < 0 {
		verb = "fell"
	}
	if s.Range != "" {
		by += " (" + s.Range + ")"
	}
	switch s.Change.Move(s.Wanted) {
	case Steady, Unknown:
		return fmt.Sprintf("%s did not clearly change %s. %s is aimed at it.", s.Dial, period, s.Tactic)
	case Better:
		return fmt.Sprintf("%s %s%s %s. %s %s this.", s.Dial, verb, by, period, s.Tactic, s.Verdict.Words)
	default:
		against := fmt.Sprintf("%s %s this", s.Tactic, s.Verdict.Words)
		if s.Verdict.Rung == Linked {
			against = s.Tactic + " is aimed at the opposite"
		} else {
			against += ", which is not the way we want"
		}
		return fmt.Sprintf("%s %s%s %s. %s.", s.Dial, verb, by, period, against)
	}
}

// A Reading is what the title of a page needs of one dial.
type Reading struct {
	Move Move
	Rung Rung // the strongest of the dial's tactics
}

// Title is the answer to "which dials moved since launch, and how sure are we
// that our tactics helped?", in at most two sentences.
func Title(dials []Reading) string {
	var count [4]int
	var coincided, linked int
	for _, d := range dials {
		count[d.Move]++
		if d.Move != Better {
			continue
		}
		switch {
		case d.Rung >= BeforeAfter:
			coincided++
		case d.Rung == Linked:
			linked++
		}
	}
	n := len(dials)
	if n == 0 {
		return "No dial is being watched yet."
	}
	if count[Unknown] == n {
		return "No dial can be compared with the year before yet."
	}
	return moved(count, n) + " " + helped(count[Better], coincided, linked)
}

func moved(count [4]int, n int) string {
	better, worse := count[Better], count[Worse]
	var s string
	switch {
	case n == 1 && better == 1:
		s = "The dial improved"
	case n == 1 && worse == 1:
		s = "The dial got worse"
	case n == 1:
		s = "The dial did not clearly change"
	case better == n:
		s = fmt.Sprintf("All %s dials improved", Number(n))
	case better == 0:
		s = fmt.Sprintf("None of %s dials improved", Number(n))
	default:
		s = fmt.Sprintf("%s of %s dials improved", capital(Number(better)), Number(n))
	}
	if n > 1 && worse > 0 {
		s += fmt.Sprintf(", %s got worse", Number(worse))
	}
	return s + "."
}

// helped says how sure we are. Nothing above rung 2 is computed from registers
// and changes, so it says that nothing was tested.
func helped(better, coincided, linked int) string {
	whether := "whether they helped is not tested yet."
	switch {
	case better == 0:
		return "No tactic has been tested yet."
	case coincided > 0 && coincided == better && better == 1:
		return "Our tactics coincided with it; " + whether
	case coincided > 0 && coincided == better:
		return "Our tactics coincided with all of these; " + whether
	case coincided > 0:
		return fmt.Sprintf("Our tactics coincided with %s of these; %s", Number(coincided), whether)
	case linked > 0 && better == 1:
		return "Our tactics are aimed at it; " + whether
	case linked > 0:
		return "Our tactics are aimed at them; " + whether
	}
	return "No tactic of ours is linked to what improved."
}

// Number writes small numbers as words, up to twelve.
func Number(n int) string {
	words := []string{"none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
