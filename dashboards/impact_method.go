package dashboards

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// method is the method card.
func (r *request) method(d *impactData) []definitionTerm {
	row := d.row
	var terms []definitionTerm
	add := func(term, text string) {
		if text != "" {
			terms = append(terms, definitionTerm{Term: term, Text: text})
		}
	}
	design := deref(row.Design)
	if words, ok := designWords[design]; ok {
		design = words + " (" + design + ")"
	}
	add("Design", design)
	add("Why this design", deref(row.DesignRule))
	var others []string
	for _, o := range row.RunnersUp {
		others = append(others, cmp.Or(designWords[o], o))
	}
	add("Runners-up", list(others))
	add("Estimand", deref(row.Estimand))
	if row.Effect != nil {
		add("Estimate on its scale", fmt.Sprintf("%s, standard error %s, %s", r.plainNumber(*row.Effect), r.plainNumber(deref(row.StdErr)), deref(row.Scale)))
	}
	if row.DF != nil && *row.DF > 0 && !math.IsInf(*row.DF, 0) {
		add("Degrees of freedom", r.numbers.fixed(*row.DF, 1))
	}
	if row.P != nil {
		add("p, two-sided", r.pValue(*row.P))
	}
	if row.Level != nil {
		text := r.levelWords(row)
		if row.Tests > 0 {
			text += fmt.Sprintf("; %s in the family, %d with an effect (Benjamini–Hochberg at 5%s%%)", r.numbers.plural(row.Tests, "test"), row.Rejected, thin)
		}
		add("Level of the interval", text)
	}
	if row.MDE != nil {
		add("Could have seen", d.scale.size(*row.MDE)+" or more, four times in five")
	}
	if row.Worth != nil && *row.Worth > 0 {
		add("Smallest effect worth having", d.scale.size(*row.Worth)+", from the link's target")
	}
	add("Months", monthsWords(r, row))
	if row.Reporting != nil {
		add("Reporting", r.numbers.percent(*row.Reporting)+" of the units in the weakest month")
	}
	for _, p := range d.points["beside"] {
		if p.Value != nil && p.Low != nil && p.High != nil {
			name := deref(p.Name)
			add("Beside it: "+cmp.Or(designWords[name], name), d.scale.signed(*p.Value)+" ("+d.scale.between(*p.Low, *p.High)+")")
		}
	}
	for _, p := range d.points["average"] {
		if p.Value != nil && p.Low != nil && p.High != nil {
			add("Average by "+deref(p.Name), d.scale.signed(*p.Value)+" ("+d.scale.between(*p.Low, *p.High)+")")
		}
	}
	for _, c := range d.checks {
		if c.isOfEstimator() {
			add("Test of the estimator: "+strings.ReplaceAll(strings.TrimPrefix(c.Name, estimatorCheck), "-", " "), join("; ", c.Status, r.checkSub(c), deref(c.Words)))
		}
	}
	add("Settings", settingsWords(deref(row.Settings)))
	add("Fingerprint of the data", row.Fingerprint)
	terms = append(terms, definitionTerm{Term: "What the rungs mean", Text: "How we know", Link: definition("evidence")})
	return terms
}

// designWords name the designs.
var designWords = map[string]string{
	"its": "one series, before and after", "did": "difference in differences", "sdid": "synthetic difference in differences",
	"staggered": "staggered roll-out, each wave against units not started", "randomized": "experiment",
	"imputation": "imputation", "synthetic-control": "synthetic control", "event-study": "event study", "before-after": "before and after",
}

func monthsWords(r *request, row impactRow) string {
	if row.First == nil || row.Last == nil {
		return ""
	}
	text := month(*row.First) + " to " + month(*row.Last)
	if row.MonthsBefore != nil && row.MonthsAfter != nil {
		text += fmt.Sprintf(": %s before and %s since the launch", r.numbers.count(*row.MonthsBefore), r.numbers.count(*row.MonthsAfter))
	}
	return text
}

// settingsWords writes the settings of an estimate in the order of their names.
func settingsWords(text string) string {
	var settings map[string]any
	if json.Unmarshal([]byte(text), &settings) != nil {
		return ""
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(settings)) {
		v := settings[k]
		if f, ok := v.(float64); ok {
			v = fmt.Sprintf("%.6g", f)
		}
		if s := fmt.Sprint(v); s != "" && s != "<nil>" && s != "[]" && s != "map[]" {
			parts = append(parts, k+" "+s)
		}
	}
	return strings.Join(parts, "; ")
}

// plainNumber writes a number of a statistic.
func (r *request) plainNumber(v float64) string {
	text := strings.Replace(fmt.Sprintf("%.4g", math.Abs(v)), ".", r.numbers.decimal, 1)
	if v < 0 {
		return minus + text
	}
	return text
}

// pValue writes a p without calling it zero.
func (r *request) pValue(p float64) string {
	if p < 0.001 {
		return "under " + r.numbers.fixed(0.001, 3)
	}
	return r.numbers.fixed(p, 3)
}
