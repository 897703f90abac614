package evidence

import (
	"fmt"
	"math"
	"strings"
)

// lacking says what a failed gate is missing, as a noun phrase.
func lacking(g Gate) string {
	words := map[string]string{
		"months-before":       "more months before the launch",
		"months-after":        "more months after the launch",
		"small-sample":        "an error for few months that hang together",
		"averages":            "an effect whose direction does not depend on how it is averaged",
		"people-chosen":       "people drawn at random",
		"pre-trend":           "a common trend before the launch",
		"placebo-dates":       "a break larger than at other dates",
		"registered":          "a link registered before the launch",
		"treated-units":       "more units with the tactic",
		"comparison-units":    "more units to compare with",
		"synthetic":           "a synthetic comparison for so few units",
		"permutation":         "an effect that stands out among other units",
		"drift":               "a longer common trend before the launch",
		"balance":             "units that were alike before the launch",
		"placebo-assignments": "enough other assignments to compare with",
		"waves":               "three waves or more",
		"only-untreated":      "units that had not started yet to compare with",
		"order-rule":          "an order by a rule or at random",
		"order-logged":        "an order logged before the launch",
		"not-chosen-on-dial":  "units not chosen for their dial",
		"order-and-dial":      "an order that does not go with the dial",
		"choice-and-dial":     "a choice of units that does not go with the dial",
		"assignment-logged":   "a draw logged before the launch",
		"outcome-unknown":     "the outcome of at least 80 % of those assigned",
		"outcome-apart":       "outcomes known equally well in both arms",
		"omnibus":             "arms that were alike before the launch",
		"as-assigned":         "an analysis as assigned",
		"delivered":           "records that it was delivered",
		"earlier-months":      "twelve months before those that the units were chosen on",
		"reporting":           "reports from at least 80 % of the units",
		"found-afterwards":    "a link registered before the launch",
		"window-left-out":     "a comparison without the months that the units were chosen on",
		"same-months":         "complete months of the same season",
		"rival":               "units with the one and without the other",
		"approved":            "an approval",
		"complete":            "a complete link",
		"launched":            "a launch",
	}
	if w, ok := words[g.Name]; ok && w != "" {
		return w
	}
	if strings.HasPrefix(g.Name, "balance-") {
		return words["balance"]
	}
	return g.Name
}

// margin is how far a passed gate is from failing, as a share of its limit.
func margin(g Gate) float64 {
	switch {
	case g.Measure == "" || g.Limit == 0:
		return math.Inf(1)
	case g.Measure == "p" && g.AtLeast: // 0.01 passes as well as 0.9
		return math.Inf(1)
	case g.AtLeast:
		return g.Value/g.Limit - 1
	}
	return 1 - g.Value/g.Limit
}

// weakest returns the gate of the rung, or of the caps, that is nearest to
// failing, and what would change our mind: a cap that holds first, since it is the
// better reason for doubt.
func weakest(t Trial, gates []Gate, rung Rung) (name, phrase string) {
	for _, g := range gates {
		if g.IsCap && g.Status == Failed {
			return g.Name, lacking(g)
		}
	}
	least := math.Inf(1)
	for _, g := range gates {
		if g.Status != Passed || g.Rung != rung && g.Name != "rival" {
			continue
		}
		if m := margin(g); m < least {
			least, name = m, g.Name
		}
	}
	switch {
	case rung < BeforeAfter:
		return "", "a link, then a test"
	case rung == BeforeAfter:
		return name, "a comparison with units that started later or not at all"
	case rung == Interrupted && t.Groups != nil:
		for _, r := range []Rung{Staggered, Compared} {
			if missing := failures(gates, r); len(missing) > 0 {
				return name, missing[len(missing)-1]
			}
		}
		return name, "another group of units that does not show it"
	case rung == Interrupted:
		return name, "something else that began in the same month"
	case name == "drift":
		return name, "a difference in trend before the launch that this test would have missed"
	case strings.HasPrefix(name, "balance"):
		return name, "a difference between the groups before the launch that was not measured"
	case name == "rival":
		return name, fmt.Sprintf("more of %s in one group than in the other", t.Rivals[0].Name)
	case name == "treated-units", name == "comparison-units":
		return name, "more units: a few of them decide this"
	case name == "waves":
		return name, "another wave that does not show it"
	case name == "outcome-unknown", name == "outcome-apart":
		return name, "what became of those whose outcome is not known"
	case rung == Randomised:
		return name, "a second draw that does not show it"
	}
	return name, "another group of units that does not show it"
}

// next is what to do, as a sentence.
func next(t Trial, f Finding) string {
	switch {
	case f.Rung < BeforeAfter:
		return f.Next
	case len(f.Joint) > 0:
		return fmt.Sprintf("Pilot: keep it apart from %s in some units, so that each can be seen alone.", strings.Join(f.Joint, " and "))
	case t.Estimate == nil:
		if f.Next != "" {
			return f.Next
		}
		return "Compare with units that started later or not at all."
	}
	if f.Rung == BeforeAfter {
		switch {
		case !t.IsDelivered:
			return "Deliver the records of who took part."
		case len(f.Missing) > 0 && f.Missing[0] == lacking(Gate{Name: "months-after"}):
			return "Wait for more months."
		}
		return "Compare with units that started later or not at all."
	}
	switch f.Result {
	case Moved:
		switch {
		case f.Rung <= Interrupted && !t.IsRegisteredBeforeLaunch:
			return "Pilot: register the link first, then start it in some units and not in others."
		case f.Rung <= Interrupted:
			return "Keep it, and start the next change like it in some units before the others."
		}
		return "Scale it to the units that do not have it yet."
	case MovedAgainst:
		return "Stop it, and find out why."
	case NoChange:
		return "Stop it or change it: what was wanted of it is ruled out."
	}
	if t.Reporting < minReporting {
		return "Have the units that do not report deliver their months."
	}
	return "Wait for more months or add more units, until an effect of the size wanted could be seen."
}
