package dashboards

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"dials/queries/forecast"
)

// A rawOption is an option as ECharts documents it, for kinds and parts that
// go-echarts does not know.
type rawOption map[string]any

// Validate has nothing to complete.
func (rawOption) Validate() {}

// JSON returns the option.
func (p rawOption) JSON() map[string]any { return p }

// gapStep is a step of the waterfall as it is shown.
type gapStep struct {
	id, name string
}

// gapStepOrder is the order in which the steps are shown; "first match" decided which
// of them a pair is in.
var gapStepOrder = []gapStep{
	{"joiners", "Joiners"},
	{"leavers", "Leavers"},
	{"moved_in", "Moved in"},
	{"moved_out", "Moved out"},
	{"new", "New req."},
	{"changed", "Changed req."},
	{"withdrawn", "Withdrawn"},
	{"assessed", "Newly assessed"},
	{"expired", "Expired"},
	{"improved", "Improved"},
	{"decayed", "Decayed"},
	{"other", "Other"},
}

// gapGoal is the objective around whose launch gaps are explained; "" is none.
func (r *request) gapGoal(g *gaps) string {
	asked := r.query["goal"]
	first, found := "", false
	for _, s := range g.steps {
		if s.GoalID == asked && asked != "" {
			return asked
		}
		if s.GoalID != "" && !found {
			first, found = s.GoalID, true
		}
	}
	if asked == "last" {
		return ""
	}
	return first
}

// waterfallPanel explains the gaps around an objective's launch.
func (r *request) waterfallPanel(g *gaps) (*panel, error) {
	goal := r.gapGoal(g)
	steps := map[string]gapStepRow{}
	var any gapStepRow
	for _, s := range g.steps {
		if s.GoalID == goal {
			steps[s.Step], any = s, s
		}
	}
	if len(steps) == 0 {
		return nil, nil
	}
	p := &panel{ID: "waterfall", Sub: "Gap points: weight × what is missing to the level, as a share of the scale, over people and competencies; " + day(any.Open) + " to " + day(any.Close) + "; each goes into the first step that fits"}
	what := "in the last 12 months"
	if goal != "" {
		what = "in the year from the launch of “" + cmp.Or(deref(any.GoalName), goal) + "”"
	}
	open, closing := steps["open"], steps["close"]
	decimals := pointDecimals(deref(open.Amount), deref(closing.Amount))
	var bars []moneyStep
	table := dataTable{Caption: "Gaps and what became of them", Head: []string{"Step", "Gap points", "Open gaps", "People"}}
	level := 0.0
	line := func(name string, s gapStepRow, plus bool, link string) {
		amount, pairs := r.numbers.fixed(deref(s.Amount), 2), r.numbers.count(deref(s.Pairs))
		if plus {
			amount, pairs = r.numbers.signed(deref(s.Amount), 2), r.numbers.signed(float64(deref(s.Pairs)), 0)
		}
		table.Rows, table.Links = append(table.Rows, []string{name, amount, pairs, r.numbers.count(deref(s.People))}), append(table.Links, link)
	}
	end := func(name, step string, s gapStepRow) {
		link := "" // of no gap at all there is nothing to show
		if _, ok := steps[step]; ok {
			link = r.stepLink(goal, step)
		}
		bars = append(bars, moneyStep{Name: name, Label: r.numbers.fixed(deref(s.Amount), decimals), Color: "var(--series-1)", Amount: deref(s.Amount), Link: link})
		line(name, s, false, link)
	}
	end(day(any.Open), "open", open)
	level = deref(open.Amount)
	for _, o := range gapStepOrder {
		s, ok := steps[o.id]
		if !ok || s.Amount == nil {
			continue
		}
		b := moneyStep{Name: o.name, Label: r.numbers.signed(*s.Amount, decimals), Color: "var(--bad)", From: level, Amount: *s.Amount, Link: r.stepLink(goal, o.id)}
		if *s.Amount < 0 {
			b.Color = "var(--good)"
		}
		bars = append(bars, b)
		line(o.name, s, true, b.Link)
		level += *s.Amount
	}
	end(day(any.Close), "close", closing)
	p.Title = r.waterfallTitle(deref(open.Amount), deref(closing.Amount), what, steps)
	o, err := option(moneyChart(bars))
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-waterfall", Class: "chart roomy", Title: p.Title, Option: o, Format: r.numbers.format(measure{factor: 1}), Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("gap-waterfall")}, {Text: "Table: marts.gap_waterfall"}, {Text: "the steps add up exactly; each leads to what it is made of"}}
	if _, ok := steps["other"]; ok {
		p.Foot = append(p.Foot, footItem{Text: "“Other” holds the steps of few people"})
	}
	return p, nil
}

func (r *request) waterfallTitle(open, closing float64, what string, steps map[string]gapStepRow) string {
	d := closing - open
	points := func(v float64) string { return r.numbers.fixed(v, pointDecimals(open, closing)) }
	var most gapStep
	size := 0.0
	for _, o := range gapStepOrder {
		if a := deref(steps[o.id].Amount); a*d > 0 && abs(a) > size && o.id != "other" {
			most, size = o, abs(a)
		}
	}
	why := ""
	if most.id != "" {
		why = ", most by “" + lowered(most.name) + "”"
	}
	if most.id == "assessed" || most.id == "expired" {
		why += ": that is what we know, not what people can"
	}
	switch {
	case open == 0 && closing == 0:
		return "No gap is known " + what
	case d > 0:
		return "Known gaps grew from " + points(open) + " to " + points(closing) + " points " + what + why
	case d < 0:
		return "Known gaps shrank from " + points(open) + " to " + points(closing) + " points " + what + why
	}
	return "Known gaps stayed at " + points(open) + " points " + what
}

// pointDecimals are as many digits as tell the gap points of a small unit apart.
func pointDecimals(open, closing float64) int {
	if max(open, closing) < 10 {
		return 2
	}
	return 0
}

func abs(v float64) float64 { return max(v, -v) }

// gapMonthsPanel shows the index and the coverage over three years.
func (r *request) gapMonthsPanel(g *gaps) (*panel, error) {
	if len(g.months) < 2 {
		return nil, nil
	}
	var names []string
	var index, coverage []any
	table := dataTable{Caption: "Index and coverage", Head: []string{"Quarter end", "Gap index", "Coverage", "Required", "Assessed"}}
	first, last := -1, -1
	for i, m := range g.months {
		names = append(names, month(m.Month))
		line := []string{month(m.Month), unknown, unknown, unknown, unknown}
		var x, c any = "-", "-"
		switch {
		case m.Index != nil:
			x, line[1] = rounded(*m.Index), r.numbers.wholePercent(*m.Index)
			if first < 0 {
				first = i
			}
			last = i
		case m.IsLow != nil && *m.IsLow:
			x, line[1] = .025, "under "+r.numbers.wholePercent(.05)
		}
		if m.Pairs != nil && m.AssessedPairs != nil && *m.Pairs > 0 {
			share := float64(*m.AssessedPairs) / float64(*m.Pairs)
			c, line[2], line[3], line[4] = rounded(share), r.numbers.wholePercent(share), r.numbers.count(*m.Pairs), r.numbers.count(*m.AssessedPairs)
		}
		link := r.gapsOn(lastOf(m.Month, r.asOf))
		index, coverage = append(index, map[string]any{"value": x, "link": link}), append(coverage, map[string]any{"value": c, "link": link})
		table.Rows, table.Links = append(table.Rows, line), append(table.Links, link)
	}
	p := &panel{ID: "gap-months", Title: "How have the gaps and what we know of them moved?", Sub: "All titles and competencies by the stated rule, at the ends of quarters and the last day of the data"}
	if first >= 0 && last > first {
		a, b := *g.months[first].Index, *g.months[last].Index
		switch {
		case b-a >= .01:
			p.Title = "The index rose from " + r.numbers.wholePercent(a) + " in " + month(g.months[first].Month) + " to " + r.numbers.wholePercent(b) + " in " + month(g.months[last].Month)
		case a-b >= .01:
			p.Title = "The index fell from " + r.numbers.wholePercent(a) + " in " + month(g.months[first].Month) + " to " + r.numbers.wholePercent(b) + " in " + month(g.months[last].Month)
		default:
			p.Title = "The index has stayed at " + r.numbers.wholePercent(b) + " since " + month(g.months[first].Month)
		}
	}
	series := func(name, color, kind string, data []any) map[string]any {
		return map[string]any{
			"type": "line", "name": name, "data": data, "symbolSize": 6, "lineStyle": map[string]any{"width": 2, "color": color, "type": kind}, "itemStyle": map[string]any{"color": color},
			"endLabel": map[string]any{"show": true, "formatter": name, "color": "var(--ink)", "fontSize": 12},
		}
	}
	o, err := option(rawOption{
		"grid":    map[string]any{"left": 8, "right": 76, "top": 16, "bottom": 8, "containLabel": true},
		"tooltip": map[string]any{"trigger": "axis", "valueFormatter": "@value"},
		"xAxis":   map[string]any{"type": "category", "data": names},
		"yAxis":   map[string]any{"type": "value", "min": 0, "max": 1, "axisLabel": map[string]any{"formatter": "@short"}},
		"series":  []any{series("Coverage", "var(--series-3)", "dashed", coverage), series("Gap index", "var(--series-1)", "solid", index)},
	})
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-gap-months", Class: "chart", Title: p.Title, Option: o, Format: r.numbers.format(measure{suffix: thin + "%", factor: 100}), Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("gap-index")}, {Text: "Table: marts.gaps"}, {Text: "rounded to 1 %"}, {Text: "each point leads to the gaps of its day"}}
	return p, nil
}

// A gapOutlook is the projection of one competency.
type gapOutlook struct {
	id    string
	now   gapSupplyRow
	ahead []forecast.Projection
}

// fewExits are as many as may have left where a count is told as none.
const fewExits = 4

// projected is a projection whose range holds the few who may have left where none is told.
func projected(s forecast.Supply, required, months float64) forecast.Projection {
	p := forecast.Capability(s, required, months, rangeLevel)
	if s.Exits == 0 {
		s.Exits = fewExits
		more := forecast.Capability(s, required, months, rangeLevel)
		p.SupplyLow, p.GapHigh = min(p.SupplyLow, more.SupplyLow), max(p.GapHigh, more.GapHigh)
	}
	return p
}

// outlooks projects each competency from the last reference month, as earlier
// projections teach.
func (g *gaps) outlooks() ([]gapOutlook, forecast.Experience) {
	e := g.experience()
	var last time.Time
	for _, s := range g.supply {
		if s.Month.After(last) {
			last = s.Month
		}
	}
	var all []gapOutlook
	for _, s := range g.supply {
		if !s.Month.Equal(last) || s.Proficient == 0 && s.Assessed == 0 {
			continue
		}
		o := gapOutlook{id: s.CompetencyID, now: s}
		for i, demand := range []*float64{s.Demand6, s.Demand12, s.Demand24} {
			required := float64(s.Required)
			if demand != nil {
				required = *demand
			}
			supply := s.supply()
			supply.Inflow, _ = e.Inflow(s.CompetencyID, monthNumber(s.Month))
			o.ahead = append(o.ahead, projected(supply, required, horizons()[i]).Widened(e.Half))
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b gapOutlook) int {
		return cmp.Or(cmp.Compare(b.ahead[1].Gap/max(b.ahead[1].Required, 1), a.ahead[1].Gap/max(a.ahead[1].Required, 1)), cmp.Compare(a.id, b.id))
	})
	return all, e
}

// monthNumber counts months.
func monthNumber(t time.Time) int { return t.Year()*12 + int(t.Month()) }

func (s gapSupplyRow) supply() forecast.Supply {
	return forecast.Supply{
		Proficient: float64(s.Proficient), Exits: float64(s.Exits), PersonYears: deref(s.PersonYears),
		Pipeline: float64(s.Pipeline), Reached: float64(s.Reached), Trained: float64(s.Below),
		Others: float64(max(0, s.Required-s.Proficient)),
	}
}

// experience is what the projections of a year before each month teach.
func (g *gaps) experience() forecast.Experience {
	now := map[string]gapSupplyRow{}
	for _, s := range g.supply {
		now[s.Month.Format("2006-01")+s.CompetencyID] = s
	}
	var past []forecast.SupplyPast
	for _, s := range g.supply {
		if after, ok := now[s.Month.AddDate(1, 0, 0).Format("2006-01")+s.CompetencyID]; ok && after.Stayed != nil {
			past = append(past, forecast.SupplyPast{Name: s.CompetencyID, Origin: monthNumber(s.Month), Supply: s.supply(), Required: float64(s.Required), Actual: float64(*after.Stayed)})
		}
	}
	return forecast.Learn(past, rangeLevel)
}

// projectionPanel shows one competency ahead, and all of them in its table.
func (r *request) projectionPanel(g *gaps) (*panel, error) {
	all, experience := g.outlooks()
	if len(all) == 0 {
		return nil, nil
	}
	shown := all[0]
	for _, o := range all {
		if o.id == r.query["competency"] {
			shown = o
		}
	}
	names := []string{"now"}
	link := r.cellLink(g, "", shown.id)
	point := func(v any) any { return map[string]any{"value": v, "link": link} }
	required, supply := []any{point(shown.now.Required)}, []any{point(shown.now.Proficient)}
	low, width := []any{shown.now.Proficient}, []any{0}
	for _, a := range shown.ahead {
		names = append(names, fmt.Sprintf("in %.0f months", a.Months))
		required, supply = append(required, point(rounded(a.Required))), append(supply, point(rounded(a.Supply)))
		low, width = append(low, rounded(a.SupplyLow)), append(width, rounded(a.SupplyHigh-a.SupplyLow))
	}
	table := dataTable{Caption: "Projected gaps", Cells: cellLinks{}, Head: []string{"Competency", "Required now", "At the level now", "Gap now", "Gap in 6 months", "in 12 months", "in 24 months", "Attrition a year", "In training"}}
	for _, o := range all {
		line := []string{g.name[o.id], r.numbers.count(o.now.Required), r.numbers.count(o.now.Proficient), r.numbers.count(max(0, o.now.Required-o.now.Proficient))}
		for _, a := range o.ahead {
			line = append(line, r.peopleRange(a.Gap, a.GapLow, a.GapHigh))
		}
		pipeline := "few"
		if o.now.Pipeline > 0 {
			pipeline = r.numbers.count(o.now.Pipeline)
		}
		attrition := "few"
		if o.now.Exits > 0 {
			attrition = r.numbers.wholePercent(o.ahead[0].Attrition)
		}
		table.Rows = append(table.Rows, append(line, attrition, pipeline))
		table.Links = append(table.Links, r.gapsLink("competency", o.id))
		for column := 1; column < 4; column++ {
			table.Cells[[2]int{len(table.Rows) - 1, column}] = r.cellLink(g, "", o.id)
		}
	}
	year := shown.ahead[1]
	p := &panel{ID: "projection", Title: "In 12 months " + r.peopleRange(year.Gap, year.GapLow, year.GapHigh) + " of " + r.numbers.fixed(year.Required, 0) + " people needed will not be known to be at the level in " + lowered(g.name[shown.id])}
	p.Sub = "People at the level who stay, those in training who come up to it, and others who come up as they did before; 80 % range; nobody is hired. Another competency: its row of the table"
	if experience.N == 0 {
		p.Sub = strings.Replace(p.Sub, "and others who come up as they did before; 80 % range", "80 % range of chance alone", 1)
	}
	flat := func(name, color, kind string, data []any) map[string]any {
		return map[string]any{
			"type": "line", "name": name, "data": data, "symbolSize": 6, "lineStyle": map[string]any{"width": 2, "color": color, "type": kind}, "itemStyle": map[string]any{"color": color},
			"endLabel": map[string]any{"show": true, "formatter": name, "color": "var(--ink)", "fontSize": 12},
		}
	}
	clear := map[string]any{"opacity": 0}
	o, err := option(rawOption{
		"grid":    map[string]any{"left": 8, "right": 88, "top": 16, "bottom": 8, "containLabel": true},
		"tooltip": map[string]any{"trigger": "axis", "valueFormatter": "@value"},
		"xAxis":   map[string]any{"type": "category", "data": names},
		"yAxis":   map[string]any{"type": "value", "min": 0, "axisLabel": map[string]any{"formatter": "@short"}},
		"series": []any{
			map[string]any{"type": "line", "name": "range low", "data": low, "stack": "range", "symbol": "none", "lineStyle": clear, "tooltip": map[string]any{"show": false}},
			map[string]any{"type": "line", "name": "80 % range", "data": width, "stack": "range", "symbol": "none", "lineStyle": clear, "areaStyle": map[string]any{"color": "var(--band)", "opacity": 1}, "tooltip": map[string]any{"show": false}},
			flat("Required", "var(--series-2)", "dashed", required),
			flat("At the level", "var(--series-1)", "solid", supply),
		},
	})
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-projection", Class: "chart", Title: p.Title, Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{
		{Text: "Definition", Link: definition("projected-gap")}, {Text: "Table: marts.gap_supply"}, {Text: "whole company, whichever unit is asked for"}, {Text: "a point leads to the people of today that it starts from"}, r.backTestWords(experience),
	}
	if !shown.now.IsPlanned {
		p.Foot = append(p.Foot, footItem{Text: "no workforce plan: as many are required as today", IsWarning: true})
	}
	return p, nil
}

// backTestWords says how well the projection would have done.
func (r *request) backTestWords(e forecast.Experience) footItem {
	if e.N == 0 {
		return footItem{Text: "not back-tested: that takes 24 months of history; the range holds the chance of who leaves and who comes up, and nothing else", IsWarning: true}
	}
	words := "too low"
	if e.Bias > 0 {
		words = "too high"
	}
	return footItem{
		Text: fmt.Sprintf("back-test over 12 months: off by %s of those required on average, %s too %s on the whole; a range from the other quarters would have held %s of %s outcomes", r.numbers.percent(e.Error), r.numbers.percent(abs(e.Bias)), strings.TrimPrefix(words, "too "), r.numbers.wholePercent(e.Coverage), r.numbers.count(int64(e.N))),
		Link: definition("projected-gap"),
	}
}

// coursePanel draws the effects of courses with their intervals.
func (r *request) coursePanel(g *gaps) (*panel, error) {
	type point struct {
		name                 string
		effect, low, high    float64
		trained, notTrained  int64
		isClear, isWanted    bool
		competency, courseID string
	}
	var points []point
	for _, c := range g.courses {
		if !c.isTold() {
			continue
		}
		points = append(points, point{
			name: c.Name + " → " + g.name[c.CompetencyID], effect: *c.Effect, low: *c.Low, high: *c.High, trained: *c.TrainedPeople, notTrained: deref(c.ComparedPeople),
			isClear: c.isClear(), isWanted: c.isClear() && *c.Effect > 0, competency: c.CompetencyID, courseID: c.CourseID,
		})
	}
	if len(points) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.effect, b.effect) })
	if len(points) > 16 {
		points = points[len(points)-16:]
	}
	table := dataTable{Caption: "Effects of courses", Cells: cellLinks{}, Head: []string{"Course → competency", "Effect", "Low", "High", "Trained", "Not yet trained"}}
	var names []string
	var dots, series []any
	wanted := 0
	for i, x := range points {
		names = append(names, x.name)
		color := "var(--quiet)"
		if x.isClear {
			color = "var(--bad)"
		}
		if x.isWanted {
			color = "var(--good)"
			wanted++
		}
		dots = append(dots, map[string]any{"value": []any{rounded(x.effect), i}, "itemStyle": map[string]any{"color": color}, "link": r.cellLink(g, "", x.competency)})
		series = append(series, map[string]any{
			"type": "line", "name": x.name, "data": []any{[]any{rounded(x.low), i}, []any{rounded(x.high), i}}, "symbol": "none", "silent": true,
			"lineStyle": map[string]any{"width": 2, "color": color}, "tooltip": map[string]any{"show": false},
		})
		table.Rows = append(table.Rows, []string{x.name, r.numbers.signed(x.effect*100, 1), r.numbers.signed(x.low*100, 1), r.numbers.signed(x.high*100, 1), r.numbers.count(x.trained), r.numbers.count(x.notTrained)})
		table.Links = append(table.Links, r.cellLink(g, "", x.competency))
		table.Cells[[2]int{len(points) - 1 - i, 4}] = r.doneLink(x.courseID) // the rows are turned round below
	}
	slices.Reverse(table.Rows)
	slices.Reverse(table.Links)
	series = append(series, map[string]any{"type": "scatter", "name": "effect", "data": dots, "symbolSize": 9})
	p := &panel{ID: "courses-effect", Title: "No course was clearly followed by a larger rise than among people not yet trained"}
	if wanted > 0 {
		p.Title = capital(inWords(wanted)) + " of " + inWords(len(points)) + " courses " + wasWere(wanted) + " followed by a larger rise than among people not yet trained"
	}
	p.Sub = "Change of the manager's rating against people not yet trained who began at the same level; points of 100 of the scale, 95 % interval each; coloured where it stands out among all courses (Benjamini–Hochberg, 5 %); found afterwards: at most 3 of 6"
	o, err := option(rawOption{
		"grid":    map[string]any{"left": 8, "right": 16, "top": 8, "bottom": 8, "containLabel": true},
		"tooltip": map[string]any{"trigger": "item", "formatter": "{b}"},
		"xAxis":   map[string]any{"type": "value", "axisLabel": map[string]any{"formatter": "@short"}},
		"yAxis":   map[string]any{"type": "category", "data": names, "axisLabel": map[string]any{"width": 280, "overflow": "truncate", "interval": 0}},
		"series":  series,
	})
	if err != nil {
		return nil, err
	}
	class := "chart roomy"
	if len(points) > 9 {
		class = "chart tall roomy"
	}
	p.Chart = &figure{ID: "chart-courses-effect", Class: class, Title: p.Title, Option: o, Format: r.numbers.format(measure{factor: 100}), Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("course-effect")}, {Text: "Table: marts.gap_courses"}, {Text: "whole company"}}
	return p, nil
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
