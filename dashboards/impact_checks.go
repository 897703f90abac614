package dashboards

import (
	"fmt"
	"math"
	"net/url"
	"strings"

	"dials/queries/evidence"
)

func queryEscape(s string) string { return url.QueryEscape(s) }

// checkLines says in words what was looked at: the gates of the rung that was
// reached, of the next one, the caps, and the checks of the estimator.
func (r *request) checkLines(d *impactData) []checkLine {
	rung := max(d.row.Rung, int64(evidence.Linked))
	var lines []checkLine
	seen := map[string]bool{}
	for _, c := range d.checks {
		next := c.Rung != nil && !c.IsCap && *c.Rung > rung
		if next && (*c.Rung > rung+1 || c.Status == string(evidence.NotApplicable)) {
			continue
		}
		if c.Status == string(evidence.NotApplicable) && (c.IsCap || c.Rung != nil && *c.Rung < rung) {
			continue
		}
		// the rungs on comparisons share gates: each is said once
		key := c.Name + "\x00" + deref(c.Words)
		if seen[key] {
			continue
		}
		seen[key] = true
		l := checkLine{Text: checkText(c), Sub: r.checkSub(c)}
		switch c.Status {
		case string(evidence.Passed):
			l.Class, l.Mark, l.State = "pass", "✓", "passed"
		case string(evidence.Failed):
			l.Class, l.Mark, l.State = "fail", "✕", "failed"
			if next {
				l.Class, l.Mark, l.State = "unsure", "?", "missing for the next rung"
				l.Sub = join("; ", l.Sub, "missing for rung "+r.numbers.count(*c.Rung))
			}
		default:
			l.Class, l.Mark, l.State = "unsure", "?", "not known"
		}
		lines = append(lines, l)
	}
	return lines
}

// checksTitle says how the checks went.
func checksTitle(lines []checkLine) string {
	failed, open := 0, 0
	for _, l := range lines {
		switch l.Class {
		case "fail":
			failed++
		case "unsure":
			open++
		}
	}
	switch {
	case len(lines) == 0:
		return "Would we have been fooled? Nothing could be checked yet"
	case failed == 0 && open == 0:
		return "Would we have been fooled? Everything that was checked passed"
	case failed == 0:
		return "Would we have been fooled? Nothing failed; " + counted(open, "thing", "is", "are") + " open"
	}
	return "Would we have been fooled? " + capital(counted(failed, "check", "failed", "failed"))
}

// checkWords say what the estimators' own checks looked at.
var checkWords = map[string]string{
	"pre-trend": "Before the start both groups moved alike", "placebo-space": "Other units in its place show less",
	"placebo-time": "Earlier dates, at which nothing began, show less", "overlap": "For each unit with it there are units like it without it",
	"few-clusters": "Enough units for the error", "anticipation": "Nothing moved before the start",
	"balance":               "The groups were alike before the start",
	"sensitivity-honest-rm": "The effect stands if trends had drifted apart as much as before", "sensitivity-honest-sd": "The effect stands if trends had bent",
	"autocorrelation": "The error allows for months that hang together",
}

// checkText is a check as a sentence without numbers.
func checkText(c impactCheckRow) string {
	if words := strings.TrimSuffix(deref(c.Words), "."); words != "" && c.Rung != nil {
		return words
	}
	name := strings.TrimPrefix(c.Name, "estimator-")
	if words, ok := checkWords[name]; ok {
		return words
	}
	if words := strings.TrimSuffix(deref(c.Words), "."); words != "" {
		return capital(words)
	}
	return capital(strings.ReplaceAll(name, "-", " "))
}

// checkSub is what was found, and what would pass.
func (r *request) checkSub(c impactCheckRow) string {
	if c.Value == nil {
		return ""
	}
	v := *c.Value
	write := func(v float64) string { return r.numbers.significant(v) }
	noun := ""
	switch m := deref(c.Measure); m {
	case "share":
		write = r.numbers.percent
	case "points":
		write = func(v float64) string { return r.numbers.fixed(v*100, 1) }
		noun = " points"
	case "p":
		text := "p = " + r.numbers.fixed(v, 3)
		if v < 0.001 {
			text = "p under " + r.numbers.fixed(0.001, 3)
		}
		if c.Limit != nil {
			text += ", " + bound(c) + r.numbers.fixed(*c.Limit, 2)
		}
		return text
	case "smd":
		write = func(v float64) string { return r.numbers.fixed(v, 2) }
		noun = " standard deviations"
	case "ratio":
		write = r.numbers.wholePercent
		noun = " of the estimate"
	case "":
		if c.Limit == nil {
			return ""
		}
	default:
		write = func(v float64) string {
			if v == math.Trunc(v) {
				return r.numbers.fixed(v, 0)
			}
			return r.numbers.fixed(v, 1)
		}
		noun = " " + m
		if v == 1 {
			noun = " " + strings.TrimSuffix(m, "s")
		}
	}
	if c.Limit == nil {
		return write(v) + noun
	}
	return fmt.Sprintf("%s%s; %s%s would pass", write(v), noun, bound(c), write(*c.Limit))
}

func bound(c impactCheckRow) string {
	if deref(c.IsLeast) {
		return "at least "
	}
	return "at most "
}
