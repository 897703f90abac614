package dashboards

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"dials/queries/evidence"
)

func queryEscape(s string) string { return url.QueryEscape(s) }

// estimatorCheck begins the names of checks that are the estimator's own.
const estimatorCheck = "estimator-"

func (c impactCheckRow) isOfEstimator() bool {
	return strings.HasPrefix(c.Name, estimatorCheck) || c.Rung == nil
}

// impliedChecks are passed on the way to what is told anyway.
var impliedChecks = map[string]bool{
	"approved": true, "launched": true, "same-months": true, "small-sample": true, "only-untreated": true, "synthetic": true, "found-afterwards": true,
}

// checkLines says in words what was looked at: the gates of the rung that was
// reached and of the next one, and the caps. The estimator's own tests are on the
// method card; whether one of them failed is said here.
func (r *request) checkLines(d *impactData) []checkLine {
	rung := max(d.row.Rung, int64(evidence.Linked))
	var lines []checkLine
	said := map[string]bool{}
	tests, failed := 0, 0
	for _, c := range d.checks {
		if strings.Contains(c.Name, "honest-rm") {
			lines = append(lines, r.honestLine(c))
			continue
		}
		if c.isOfEstimator() {
			tests++
			if c.Status == string(evidence.Failed) {
				failed++
			}
			continue
		}
		next := !c.IsCap && *c.Rung > rung
		passed := c.Status == string(evidence.Passed)
		switch {
		case c.Name == "reporting" && d.row.IsPeople,
			next && (*c.Rung > rung+1 || passed && said[c.Name]),
			c.Status == string(evidence.NotApplicable) && (next || c.IsCap || *c.Rung < rung),
			passed && impliedChecks[c.Name]:
			continue
		}
		l := checkLine{Text: checkText(c), Sub: r.checkSub(c)}
		// the rungs on comparisons share gates: each is said once
		if said[l.Text] {
			continue
		}
		said[l.Text], said[c.Name] = true, true
		switch {
		case passed:
			l.Class, l.Mark, l.State = "pass", "✓", "passed"
		case c.Status == string(evidence.Failed) && !next:
			l.Class, l.Mark, l.State = "fail", "✕", "failed"
		case c.Status == string(evidence.Failed):
			l.Class, l.Mark, l.State = "unsure", "?", "missing"
			l.Sub = join("; ", l.Sub, "keeps it from rung "+r.numbers.count(*c.Rung))
		default:
			l.Class, l.Mark, l.State = "unsure", "?", "not known"
		}
		lines = append(lines, l)
	}
	order := map[string]int{"fail": 0, "unsure": 1, "pass": 2}
	slices.SortStableFunc(lines, func(a, b checkLine) int { return order[a.Class] - order[b.Class] })
	if failed > 0 {
		lines = append(lines, checkLine{
			"unsure", "?", "open", capital(inWords(failed)) + " of the estimator's own tests failed",
			r.numbers.plural(int64(tests), "test") + " in all; see the method card",
		})
	}
	return lines
}

// honestLine says how far the groups could have drifted apart after the launch
// before the effect could be nothing (Rambachan and Roth): breakdown M̄.
func (r *request) honestLine(c impactCheckRow) checkLine {
	l := checkLine{"unsure", "?", "not known", "How far could the groups have drifted apart afterwards?", "it could not be computed"}
	if c.Value == nil || math.IsNaN(*c.Value) {
		return l
	}
	l.Sub = "it holds up to " + r.numbers.fixed(*c.Value, 1) + " times the largest step apart before the launch (HonestDiD)"
	switch {
	case *c.Value >= 1:
		return checkLine{"pass", "✓", "passed", "It would hold if the groups had drifted apart as much afterwards as before", l.Sub}
	case *c.Value > 0:
		l.Text = "It would not hold if the groups had drifted apart as much afterwards as before"
	default:
		l.Text, l.Sub = "It holds only if the groups did not drift apart at all afterwards", "breakdown 0 (HonestDiD)"
	}
	l.State = "open"
	return l
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
		return "Would we have been fooled? No check of this rung failed; " + counted(open, "thing", "is", "are") + " open"
	}
	return "Would we have been fooled? " + capital(counted(failed, "check", "failed", "failed"))
}

// checkWords say what a gate found when it passed and when it failed, for a
// reader who knows no statistics.
var checkWords = map[string][2]string{
	"complete":              {"The link says what it is aimed at, by how much, until when and for whom", "The link is not complete"},
	"months-before":         {"Enough months before the launch", "Too few months before the launch"},
	"months-after":          {"Enough months since the launch", "Too few months since the launch"},
	"placebo-dates":         {"Earlier dates, at which nothing began, do not show as much", "Earlier dates, at which nothing began, show as much"},
	"treated-units":         {"Enough units with it", "Too few units with it"},
	"comparison-units":      {"Enough units to compare with", "Too few units to compare with"},
	"permutation":           {"Other units in its place do not show as much", "Other units in its place show as much"},
	"pre-trend":             {"Before the launch both groups went the same way, month by month", "Before the launch the groups went different ways, by more than chance"},
	"averages":              {"All waves point the same way", "Some waves gained and some lost: the answer depends on how they are averaged"},
	"drift":                 {"Before the launch both groups moved alike", "Before the launch the groups may have drifted apart"},
	"balance-level":         {"Before the launch both groups were at the same level", "Before the launch the groups were at different levels"},
	"balance-trend":         {"Before the launch both groups had the same trend", "Before the launch the groups had different trends"},
	"balance-recent months": {"Just before the launch both groups were at the same level", "Just before the launch the groups were at different levels"},
	"balance-size":          {"Both groups are of the same size", "The groups are of different sizes"},
	"placebo-assignments":   {"Enough invented assignments were tried", "Too few invented assignments could be tried"},
	"waves":                 {"It started in several waves", "It started in too few waves"},
	"order-and-dial":        {"The order of the waves does not follow the dial", "The order of the waves follows the dial"},
	"choice-and-dial":       {"Who was chosen does not follow the dial", "Who was chosen follows the dial"},
	"outcome-unknown":       {"It is known what became of nearly everyone", "It is not known what became of too many"},
	"outcome-apart":         {"It is known equally well in both groups", "It is known better in one group than in the other"},
	"omnibus":               {"Both groups were alike before the start", "The groups were not alike before the start"},
	"earlier-months":        {"Enough months before those on which units were chosen", "Too few months before those on which units were chosen"},
	"reporting":             {"The units report", "Too few of the units report"},
}

// checkText is a check as a sentence without numbers.
func checkText(c impactCheckRow) string {
	if words, ok := checkWords[c.Name]; ok {
		switch c.Status {
		case string(evidence.Passed):
			return words[0]
		case string(evidence.Failed):
			return words[1]
		}
	}
	if words := strings.TrimSuffix(deref(c.Words), "."); words != "" {
		return capital(words)
	}
	return capital(strings.ReplaceAll(strings.TrimPrefix(c.Name, estimatorCheck), "-", " "))
}

// checkSub is what was found, and what would pass.
func (r *request) checkSub(c impactCheckRow) string {
	if c.Value == nil {
		return ""
	}
	v := *c.Value
	write, noun := r.numbers.significant, ""
	switch m := deref(c.Measure); m {
	case "share":
		write = r.numbers.wholePercent
		noun = map[string]string{"reporting": " of them in every month", "outcome-unknown": " unknown"}[c.Name]
	case "points":
		write = func(v float64) string { return r.numbers.fixed(v*100, 0) }
		noun = " points apart"
	case "p":
		return r.chance(c)
	case "smd":
		write = func(v float64) string { return r.numbers.fixed(v, 2) }
		noun = " standard deviations apart"
	case "ratio":
		write = r.numbers.wholePercent
		noun = " of the effect could be drift that this test would have missed"
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

// chance writes a p in words.
func (r *request) chance(c impactCheckRow) string {
	text := "p = " + r.pValue(*c.Value)
	if strings.HasPrefix(r.pValue(*c.Value), "under") {
		text = "p " + r.pValue(*c.Value)
	}
	if c.Limit != nil {
		text += "; " + bound(c) + r.numbers.fixed(*c.Limit, 2) + " would pass"
	}
	return text
}

func bound(c impactCheckRow) string {
	if deref(c.IsLeast) {
		return "at least "
	}
	return "at most "
}
