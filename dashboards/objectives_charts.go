package dashboards

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"dials/queries/survival"
)

// ganttRows is how many objectives the gantt shows.
const ganttRows = 12

// ganttPanel shows due dates against forecast ranges, the latest first (R29).
func (r *request) ganttPanel(c *cascade) (*panel, error) {
	if len(c.late) == 0 {
		return nil, nil
	}
	shown := c.late[:min(len(c.late), ganttRows)]
	p := &panel{ID: "gantt", Title: "No objective is going to be late", Sub: "Bar: 80 % range of the day of completion; dot: forecast; line across: first approved due date; the latest first"}
	if w := shown[0]; w.Flagged {
		p.Title = "“" + w.Name + "” is going to be the latest: " + day(w.Low) + " to " + day(w.High) + " for " + dayOr(w.FirstDue)
	}
	table := dataTable{Caption: "Due date and forecast", Head: []string{"Objective", "Due first", "Due now", "Forecast", "80 % range", "On the last readings", "Slip, days", "On time", "Owner says", "Computed"}}
	for _, l := range shown {
		now, other, says := "as first", unknown, unknown
		if l.Due != nil && l.FirstDue != nil && !l.Due.Equal(*l.FirstDue) {
			now = day(*l.Due)
		}
		if l.TheilSen != nil {
			other = day(*l.TheilSen)
		}
		if s := deref(l.Says); s != "" {
			says = s
		}
		status, _ := statusOf(l.Status, l.Flagged)
		table.Rows = append(table.Rows, []string{
			l.Name, dayOr(l.FirstDue), now, day(l.Forecast), day(l.Low) + " to " + day(l.High), other, r.numbers.fixed(l.Slip, 0), r.numbers.wholePercent(l.OnTime), says, status,
		})
		table.Links = append(table.Links, branchLink(l.ID))
	}
	o, err := option(ganttChart(shown))
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-gantt", Class: "chart tall roomy", Title: p.Title, Summary: p.Title + ".", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1}, Table: table}
	p.Foot = []footItem{{Text: "Definition", Link: definition("objective-forecast")}, {Text: "n = " + r.numbers.plural(c.all.Forecast, "objective") + " with a forecast"}, {Text: "Table: marts.objectives"}}
	return p, nil
}

// ganttChart draws a bar from low to high, a dot at the forecast and a line at the due date.
func ganttChart(rows []lateRow) *charts.Line {
	type m = map[string]any
	line := charts.NewLine()
	var names []string
	var forecasts, dues []m
	for _, l := range slices.Backward(rows) {
		names = append(names, l.Name)
	}
	horizon := rows[0].AsOf
	limit := horizon.AddDate(3, 0, 0) // what is further off is drawn at the edge, with its day
	date := func(t time.Time) string {
		if t.After(limit) {
			t = limit
		}
		return t.Format(time.DateOnly)
	}
	for _, l := range rows {
		tip := fmt.Sprintf("%s\ndue %s, forecast %s\n80 %% range %s to %s", l.Name, dayOr(l.FirstDue), day(l.Forecast), day(l.Low), day(l.High))
		at := m{"name": tip, "value": []string{date(l.Forecast), l.Name}, "link": branchLink(l.ID)}
		if l.Forecast.After(limit) {
			at["label"] = m{"show": true, "position": "left", "formatter": day(l.Forecast) + " →", "color": "var(--ink)", "fontSize": 11}
		}
		forecasts = append(forecasts, at)
		if l.FirstDue != nil {
			dues = append(dues, m{"name": tip, "value": []string{date(*l.FirstDue), l.Name}})
		}
	}
	line.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "190", Right: "20", Top: "24", Bottom: "24"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "time", AxisLabel: &opts.AxisLabel{FontSize: 11, Formatter: "{MMM} {yyyy}"}, SplitNumber: 4, SplitLine: &opts.SplitLine{Show: opts.Bool(true)}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: names, AxisLabel: &opts.AxisLabel{FontSize: 11, Width: 180, Overflow: "truncate", Interval: "0"}}),
	)
	for i, l := range rows {
		data := []m{{"value": []string{date(l.Low), l.Name}}, {"value": []string{date(l.High), l.Name}}}
		line.AddSeries("range "+strconv.Itoa(i+1), nil, charts.WithLineStyleOpts(opts.LineStyle{Width: 9, Color: "var(--series-1)", Opacity: opts.Float(0.35)}),
			charts.WithSeriesOpts(func(s *charts.SingleSeries) {
				s.Data, s.Symbol = data, "none"
				if i == 0 {
					s.MarkLines = &opts.MarkLines{Data: []any{m{"xAxis": date(horizon), "name": "today"}}, MarkLineStyle: opts.MarkLineStyle{
						Symbol: []string{"none", "none"}, LineStyle: &opts.LineStyle{Color: "var(--quiet)", Type: "dashed", Width: 1}, Label: &opts.Label{Show: opts.Bool(true), Formatter: "data to", Color: "var(--muted)", FontSize: 11},
					}}
				}
			}))
	}
	scatter := charts.NewScatter()
	scatter.AddSeries("due", nil, charts.WithItemStyleOpts(opts.ItemStyle{Color: "var(--ink)"}), charts.WithSeriesOpts(func(s *charts.SingleSeries) { s.Data, s.Symbol, s.SymbolSize = dues, "rect", []int{3, 18} }))
	scatter.AddSeries("forecast", nil, charts.WithItemStyleOpts(opts.ItemStyle{Color: "var(--series-1)"}), charts.WithSeriesOpts(func(s *charts.SingleSeries) { s.Data, s.Symbol, s.SymbolSize = forecasts, "circle", 9 }))
	line.Overlap(scatter)
	return line
}

// cascadeLevels in the order of the tree.
var cascadeLevels = []string{"strategic", "supporting", "department", "team", "individual", "task"}

// rhythmPanel shows check-ins held of those expected, by level and quarter (R26, R33).
func (r *request) rhythmPanel(c *cascade) (*panel, error) {
	if len(c.rhythm) == 0 {
		return nil, nil
	}
	type m = map[string]any
	cells := index(c.rhythm, func(w rhythmRow) string { return w.Level + w.Month.Format("2006-01") })
	var months []time.Time
	present := map[string]bool{}
	for _, w := range c.rhythm {
		if !slices.Contains(months, w.Month) {
			months = append(months, w.Month)
		}
		present[w.Level] = true
	}
	if len(months) > 8 {
		months = months[len(months)-8:]
	}
	table := dataTable{Caption: "Check-ins held of those expected", Head: []string{"Level"}}
	var labels, levels []string
	for _, q := range months {
		labels = append(labels, quarterName(q, r.asOf))
		table.Head = append(table.Head, quarterName(q, r.asOf))
	}
	var data []m
	worst, worstShare := "", math.Inf(1)
	for _, level := range cascadeLevels {
		if !present[level] && !slices.ContainsFunc(c.levels, func(l levelRow) bool { return l.Level == level }) {
			continue
		}
		row := []string{capital(level)}
		levels = append(levels, capital(level))
		for i, q := range months {
			w, known := cells[level+q.Format("2006-01")]
			if !known || w.Expected == nil || w.Held == nil || *w.Expected == 0 {
				row = append(row, "hidden or none")
				data = append(data, m{
					"name": capital(level) + ", " + labels[i] + ": hidden or none", "value": []any{labels[i], capital(level), 0}, "label": m{"formatter": ""},
					"itemStyle": m{"color": "var(--raised)", "decal": m{"symbol": "rect", "color": "var(--quiet)", "dashArrayX": []int{1, 0}, "dashArrayY": []int{2, 5}, "rotation": -0.785}},
				})
				continue
			}
			share := float64(*w.Held) / float64(*w.Expected)
			if q.Equal(months[len(months)-1]) && len(months) > 1 {
				// the quarter that runs is not compared
			} else if i == len(months)-2 && share < worstShare {
				worst, worstShare = level, share
			}
			words := r.numbers.count(*w.Held) + " of " + r.numbers.count(*w.Expected)
			row = append(row, r.numbers.wholePercent(share)+" ("+words+")")
			data = append(data, m{
				"name": capital(level) + ", " + labels[i] + ": " + words + " held", "value": []any{labels[i], capital(level), rounded(share)},
				"label": m{"formatter": r.numbers.wholePercent(share), "color": heatInk(share)},
			})
		}
		table.Rows = append(table.Rows, row)
	}
	p := &panel{ID: "rhythm", Title: "Do check-ins happen at every level?", Sub: "Status meetings held of those expected by cadence, by level and calendar quarter; hatched: too few people, or none expected"}
	if worst != "" {
		p.Title = "Last quarter the " + worst + " level held the fewest check-ins: " + r.numbers.wholePercent(worstShare) + " of those expected"
	}
	slices.Reverse(levels)
	heat := charts.NewHeatMap()
	heat.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "84", Right: "8", Top: "8", Bottom: "28"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", Data: labels, AxisLabel: &opts.AxisLabel{FontSize: 11}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: levels, AxisLabel: &opts.AxisLabel{FontSize: 11, Interval: "0"}}),
		charts.WithVisualMapOpts(opts.VisualMap{Show: opts.Bool(false), Min: 0.3, Max: 1, Dimension: "2", InRange: &opts.VisualMapInRange{Color: []string{"var(--series-2)", "var(--raised)", "var(--series-1)"}}}),
	)
	heat.AddSeries("held", nil, charts.WithLabelOpts(opts.Label{Show: opts.Bool(true), FontSize: 11, Color: "var(--ink)"}), charts.WithSeriesOpts(func(s *charts.SingleSeries) { s.Data = data }))
	o, err := option(amended{heat, m{"progressive": 0}}) // drawn at once
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-rhythm", Class: "chart", Title: p.Title, Summary: p.Title + ".", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, Table: table}
	p.Foot = []footItem{{Text: "Definition", Link: definition("checkin-rhythm")}, {Text: "Table: marts.checkin_tree_quarterly"}, {Text: "the last quarter is still running"}}
	return p, nil
}

// heatInk is a colour that can be read on the cell of a share.
func heatInk(share float64) string {
	if share > .9 || share < .38 {
		return "var(--card)"
	}
	return "var(--ink)"
}

// quarterName names a calendar quarter by its last month.
func quarterName(month, asOf time.Time) string {
	name := fmt.Sprintf("Q%d %d", (int(month.Month())+2)/3, month.Year())
	if !month.AddDate(0, 1, 0).Before(asOf) || int(month.Month())%3 != 0 {
		return name + " so far"
	}
	return name
}

// qualityPanel shows how often objectives were on time that were said to be (R29, R30).
func (r *request) qualityPanel(c *cascade) (*panel, error) {
	said, bins := c.quality["bin said"], c.quality["bin"]
	finished, _ := c.figure("finished")
	p := &panel{ID: "quality", Title: "Can the forecasts be believed?", Sub: "Each forecast of an objective whose end is known, made again with nothing but what was known then"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("objective-forecast-quality")}, {Text: "n = " + r.numbers.plural(int64(finished), "finished objective")}, {Text: "Table: marts.objective_quality"}}
	if coverage, ok := c.figure("coverage"); ok {
		p.Title = "The 80 % range held the day for " + r.numbers.wholePercent(coverage) + " of finished objectives"
	}
	if brier, ok := c.figure("brier"); ok && len(c.quality["brier"]) > 0 {
		q := c.quality["brier"][0]
		p.Sub += fmt.Sprintf(". Brier score %s (0 is perfect; always saying how often they are on time: %s)", r.numbers.fixed(brier, 3), r.numbers.fixed(deref(q.High), 3))
	}
	if len(bins) < 2 || len(said) != len(bins) {
		p.Sub += ". There are too few of them to draw."
		return p, nil
	}
	var names []string
	happened, told := series(), series()
	table := dataTable{Caption: "On time, said and happened", Head: []string{"Said probability", "Mean said", "Were on time", "Objectives"}}
	for i, b := range bins {
		names = append(names, r.numbers.wholePercent(deref(b.Low))+"–"+r.numbers.wholePercent(deref(b.High)))
		happened.add(number{deref(b.Value), b.Value != nil})
		told.add(number{deref(said[i].Value), said[i].Value != nil})
		table.Rows = append(table.Rows, []string{names[i], r.numbers.wholePercent(deref(said[i].Value)), r.numbers.wholePercent(deref(b.Value)), r.numbers.fixed(deref(b.N), 0)})
	}
	o, err := option(columnChart(names, []string{"var(--series-1)", "var(--series-2)"}, []string{"happened", "said"}, happened, told))
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-quality", Class: "chart", Title: p.Title, Summary: p.Title + ".", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, Table: table}
	return p, nil
}

// answersOf are the waits of impediments for which help was asked.
func (c *cascade) answersOf() (observations []survival.Observation, asked, answered, raised, open, old int64) {
	for _, a := range c.answers {
		raised, open, old = raised+a.N, open+a.Open, old+a.Old
		if !a.Help {
			continue
		}
		asked += a.N
		if a.Answered {
			answered += a.N
		}
		observations = append(observations, survival.Observation{Time: float64(a.Days), Event: a.Answered, Weight: float64(a.N)})
	}
	return observations, asked, answered, raised, open, old
}

// answerPanel shows how long help takes (R28, R65).
func (r *request) answerPanel(c *cascade) (*panel, error) {
	observations, asked, answered, raised, _, _ := c.answersOf()
	if asked == 0 {
		return nil, nil
	}
	curve, err := survival.KaplanMeier(observations, .95)
	if err != nil {
		return nil, fmt.Errorf("days to answer: %w", err)
	}
	median := curve.Median()
	p := &panel{ID: "answers", Title: "Half of the impediments have no answer yet", Sub: fmt.Sprintf("Impediments for which help was asked, share answered by days since they were raised; those still open count as open (Kaplan–Meier). Help was asked for %s of %s, and %s were answered", r.numbers.count(asked), r.numbers.count(raised), r.numbers.count(answered))}
	if !math.IsNaN(median.Time) {
		p.Title = fmt.Sprintf("Half of those who ask for help have an answer after %s (%s to %s)", r.numbers.plural(int64(median.Time), "day"), r.daysOr(median.Low), r.daysOr(median.High))
	}
	var names []string
	line := series()
	table := dataTable{Caption: "Share answered by days", Head: []string{"Days", "Answered", "95 % interval", "Still waiting before"}}
	for _, s := range curve.Steps {
		names = append(names, r.numbers.fixed(s.Time, 0))
		line.add(number{1 - s.Survival, true})
		table.Rows = append(table.Rows, []string{r.numbers.fixed(s.Time, 0), r.numbers.wholePercent(1 - s.Survival), r.numbers.wholePercent(1-s.High) + " to " + r.numbers.wholePercent(1-s.Low), r.numbers.fixed(s.AtRisk, 0)})
	}
	if len(names) < 2 {
		return p, nil
	}
	o, err := option(columnChart(names, []string{"var(--series-1)"}, []string{"answered"}, line))
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-answers", Class: "chart", Title: p.Title, Summary: p.Title + ".", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, Table: table}
	p.Foot = []footItem{{Text: "Definition", Link: definition("impediments")}, {Text: "n = " + r.numbers.plural(asked, "impediment")}, {Text: "Table: marts.impediments"}}
	return p, nil
}

// periodPanel shows what was done of what was due in each fiscal quarter (R23).
func (r *request) periodPanel(c *cascade) (*panel, error) {
	var bars []bar
	table := dataTable{Caption: "Done by the first due date", Head: []string{"Fiscal period", "Due", "Done by then", "Share"}}
	skipped, finding := int64(0), ""
	for _, d := range c.periods {
		name := fiscalName(d)
		share := float64(d.Done) / float64(d.Due)
		if d.Quarter == 0 && d.Half == 0 {
			skipped += d.Week53
		}
		text := unknown
		if d.Due > 0 {
			text = r.numbers.wholePercent(share)
		}
		if d.End.After(r.asOf.AddDate(0, 0, 1)) {
			name += " so far"
		}
		table.Rows = append(table.Rows, []string{name, r.numbers.count(d.Due), r.numbers.count(d.Done), text})
		if d.Quarter > 0 && d.Due > 0 && len(bars) < 8 {
			if len(bars) == 0 {
				finding = "Of " + r.numbers.count(d.Due) + " due in " + name + ", " + text + " were done by their first due date"
			}
			bars = append(bars, bar{Name: name, Text: text + " of " + r.numbers.count(d.Due), Value: share})
		}
	}
	if len(bars) == 0 {
		return nil, nil
	}
	p := &panel{ID: "periods", Title: finding, Sub: "Objectives done by the first approved due date of those due, by fiscal quarter; halves and years are in the table"}
	o, err := option(barChart(bars, 0))
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-periods", Class: "chart", Title: p.Title, Summary: p.Title + ".", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, Table: table}
	p.Foot = []footItem{{Text: "Definition", Link: definition("done-by-due")}, {Text: r.calendarWords(c)}, {Text: "Tables: marts.objectives, marts.fiscal_periods"}}
	if slices.ContainsFunc(c.calendars, func(k calendarRow) bool { return k.Has53 }) {
		p.Foot = append(p.Foot, footItem{Text: "week 53 is left out: " + r.numbers.plural(skipped, "objective") + " due in it"})
	}
	return p, nil
}

func fiscalName(d duePeriodRow) string {
	switch {
	case d.Quarter > 0:
		return fmt.Sprintf("FY %d Q%d", d.Year, d.Quarter)
	case d.Half > 0:
		return fmt.Sprintf("FY %d half %d", d.Year, d.Half)
	}
	return fmt.Sprintf("FY %d", d.Year)
}

func (r *request) calendarWords(c *cascade) string {
	for _, k := range c.calendars {
		if k.Name == r.query["calendar"] || r.query["calendar"] == "" && k.IsDefault {
			return "calendar: " + k.Name + ", " + map[string]string{"loaded": "as loaded", "months": "fiscal year by months", "4-4-5": "4-4-5 weeks"}[k.Basis]
		}
	}
	return "calendar: none"
}

// readingPanel shows the progress of one objective with its plan and its forecast.
func (r *request) readingPanel(b branchRow, d detailRow, readings []readingRow) (*panel, error) {
	if len(readings) < 2 {
		return nil, nil
	}
	var names []string
	line := series()
	table := dataTable{Caption: "Readings", Head: []string{"Day", "Progress", "Owner says"}}
	for _, q := range readings {
		names = append(names, q.Day.Format(time.DateOnly))
		line.add(number{math.Max(0, q.Progress), true})
		table.Rows = append(table.Rows, []string{day(q.Day), r.numbers.percent(q.Progress), deref(q.Says)})
	}
	p := &panel{ID: "readings", Title: "How has progress run?", Sub: "Progress from baseline (0 %) to the target in force that day (100 %), at each reading; planned: " + d.Curve}
	if b.Expected != nil && b.Progress != nil && b.IsOpen {
		p.Title = r.numbers.wholePercent(*b.Progress) + " of the way, where " + r.numbers.wholePercent(*b.Expected) + " was planned"
	}
	o, err := option(columnChart(names, []string{"var(--series-1)"}, []string{"progress"}, line))
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-readings", Class: "chart", Title: p.Title, Summary: p.Title + ".", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, Table: table}
	p.Foot = []footItem{{Text: "Definition", Link: definition("objective-progress")}, {Text: "n = " + r.numbers.plural(int64(len(readings)), "reading")}}
	return p, nil
}
