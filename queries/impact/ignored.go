package impact

import (
	"fmt"
	"slices"
)

// applies lists the designs in which a flag has a meaning; a flag that is not listed
// has one everywhere.
func applies() []struct {
	flag    string
	given   func(Spec) bool
	designs []string
} {
	type rule = struct {
		flag    string
		given   func(Spec) bool
		designs []string
	}
	panels := []string{"did", "event-study", "staggered", "sun-abraham"}
	placebo := []string{"did", "staggered", "its", "synthetic-control", "sdid"}
	return []rule{
		{"instrument", func(s Spec) bool { return s.Instrument != "" }, []string{"ols", "randomized"}},
		{"comparison", func(s Spec) bool { return s.Comparison != "" }, []string{"its"}},
		{"season", func(s Spec) bool { return s.Season != "" && s.Season != "none" }, []string{"its"}},
		{"family", func(s Spec) bool { return familyOf(s) != "gaussian" }, []string{"its", "ols"}},
		{"offset", func(s Spec) bool { return s.Offset != "" }, []string{"its", "ols"}},
		{"reference", func(s Spec) bool { return s.Reference != nil }, []string{"event-study", "sun-abraham"}},
		{"balance", func(s Spec) bool { return s.Balance != nil }, []string{"staggered"}},
		{"base", func(s Spec) bool { return s.Base != "" }, []string{"staggered"}},
		{"control", func(s Spec) bool { return s.Control != "" }, []string{"staggered"}},
		{"anticipation", func(s Spec) bool { return s.Anticipation != 0 }, []string{"staggered", "imputation"}},
		{"method", func(s Spec) bool { return s.Method != "" }, []string{"staggered", "drdid", "drdid-rc", "sdid"}},
		{"predictors", func(s Spec) bool { return len(s.Predictors) > 0 }, []string{"synthetic-control"}},
		{"weights-report", func(s Spec) bool { return s.WeightsReport != "" }, []string{"twfe"}},
		{"placebo-space", func(s Spec) bool { return s.PlaceboSpace }, []string{"synthetic-control", "sdid"}},
		{"placebo-time", func(s Spec) bool { return s.PlaceboTime != "" }, placebo},
		{"sensitivity", func(s Spec) bool { return len(s.Sensitivity) > 0 }, panels},
		{"neighbours", func(s Spec) bool { return s.Neighbours != 0 }, []string{"matching"}},
		{"bias-adjust", func(s Spec) bool { return s.BiasAdjust }, []string{"matching"}},
	}
}

// ignored warns of flags that have no meaning for the design.
func (s Spec) ignored() []string {
	var warnings []string
	for _, rule := range applies() {
		if rule.given(s) && !slices.Contains(rule.designs, s.Design) {
			warnings = append(warnings, fmt.Sprintf("--%s has no meaning for design %s and was ignored", rule.flag, s.Design))
		}
	}
	return warnings
}
