package dashboards

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"dials/queries/evidence"
)

// resultsView is the data of templates/results.html.
type resultsView struct {
	Period, Range string
	Cards         []dialCard
	IsDense       bool // more dials than two rows of paper hold
	PrintNote     string
	Elsewhere     string // dials that are not observed in the units asked for
	Tactics       tacticTable
	Orphans       *orphanNote
}

// A dialCard is one dial.
type dialCard struct {
	ID, Name, Link, Owner string
	Span                  int    // of twelve columns
	Value, Unit, When     string // "€ 148 m", "min", "Jan to Oct 2026"
	Delta                 delta
	Chart                 *figure
	Launches              []launchKey
	Plan                  []planCell
	Rung                  int
	HowWeKnow             string
	Verdict               sentence
	VerdictClass          string
	Basis                 string // what the verdict compares, or what to do
	Foot                  []footItem
	Gap                   string // why there is no number: empty, or hidden
	IsHidden              bool
	PrintHidden           bool // beyond what one sheet holds
}

// A delta is a change with its meaning in words and a sign, never by colour alone.
type delta struct {
	Mark, Text, Word, Class, Link string
}

// A launchKey explains a mark or a band of the chart.
type launchKey struct {
	Key, Name, When string
	IsRival         bool
}

// A planCell is one number of the row under the chart.
type planCell struct {
	Term, Value, Sub, Link, Title string
}

// A pip is one step of the evidence ladder.
type pip bool

// Pips are the six steps of the ladder, those reached first.
func (c dialCard) Pips() []pip { return pips(c.Rung) }

func pips(rung int) []pip {
	all := make([]pip, 6)
	for i := range all {
		all[i] = i < rung
	}
	return all
}

// card draws one dial.
func (r *request) card(s story, data *results, span int) (*dialCard, error) {
	c := &dialCard{
		ID: "dial-" + s.MetricID, Name: s.Name, Link: definition(s.MetricID), Owner: deref(s.OwnerName), Span: span,
		Rung: int(s.rung()), HowWeKnow: "How we know: " + s.howWeKnow(),
	}
	c.Verdict, c.Basis = r.verdict(s)
	if len(s.aims) > 0 && s.aims[0].isTested() {
		c.VerdictClass = verdictClass(s.aims[0].finding)
	}
	if c.Owner == "" {
		c.Owner = "no owner"
	}
	c.Foot = r.sourceFoot(s)
	if len(s.aims) > 0 {
		if story := r.story(s.aims[0], s.MetricID); story != "" {
			c.Foot = append([]footItem{{Text: "The whole story", Link: story}}, c.Foot...)
		}
	}
	if limit := s.reading.Limit; limit.Known {
		c.Gap, c.IsHidden = "Below "+r.numbers.card(limit.Value, s.measure)+": fewer than five people left, so it is not said more exactly. Choose a larger unit or a longer period.", true
		return c, nil
	}
	if !s.reading.Value.Known {
		c.Gap = "No complete month in " + r.period.Range() + ". Choose another period, or load later observations."
		if !s.reading.Last.IsZero() {
			c.Gap = "Months are missing between " + month(s.reading.From) + " and " + month(s.reading.Last) + ". Load them, or choose another period."
		}
		if s.IsOfPersons && data.hidden {
			c.Gap, c.IsHidden = "Some groups are hidden to protect people. Choose a larger unit.", true
		} else if !s.isObserved() {
			c.Gap = "Nothing has been observed for this dial in these units yet."
		}
		return c, nil
	}
	c.Value, c.Unit = r.numbers.card(s.reading.Value.Value, s.measure.bare()), strings.TrimSpace(strings.TrimPrefix(s.measure.suffix, thin))
	if s.measure.isPercent {
		c.Unit = ""
	}
	c.When = Period{From: s.reading.From, To: s.reading.Last.AddDate(0, 1, 0)}.Range()
	if s.isRate() {
		c.When += ", per year"
	}
	c.Delta = r.delta(s)
	c.Plan = r.planRow(s)
	var err error
	c.Chart, c.Launches, err = r.dialFigure(s)
	return c, err
}

// isObserved reports whether any month has a value.
func (d *dial) isObserved() bool {
	return slices.ContainsFunc(d.months, func(m monthRow) bool { return m.Value != nil })
}

// verdictClass is the colour of a verdict, which its words say as well.
func verdictClass(f evidence.Finding) string {
	switch {
	case f.IsClaim:
		return "yes"
	case f.Result == evidence.MovedAgainst:
		return "no"
	case f.Result == evidence.NoChange:
		return ""
	}
	return "maybe"
}

// delta is the change on the same months of last year.
func (r *request) delta(s story) delta {
	d := delta{Text: "no last year to compare with", Class: "flat", Link: definition("change-on-last-year")}
	if !s.reading.LastYear.Known {
		return d
	}
	c := s.onLastYear(s.reading)
	d.Text = r.numbers.change(c.Now, c.Base, s.measure) + " on last year"
	d.Mark = "▲"
	if c.Points < 0 {
		d.Mark = "▼"
	}
	switch c.Move(s.wanted()) {
	case evidence.Better:
		d.Word, d.Class = "better", "good"
	case evidence.Worse:
		d.Word, d.Class = "worse", "bad"
	default:
		d.Mark, d.Word = "▬", "about the same"
	}
	return d
}

// planRow is last year · to date · plan to date · year-end plan · forecast.
func (r *request) planRow(s story) []planCell {
	bare := s.measure.bare() // the unit stands with the large number; here it would wrap
	show := func(n number) string {
		if !n.Known {
			return unknown
		}
		return r.numbers.card(n.Value, bare)
	}
	rd := s.reading
	cells := []planCell{
		{Term: "Last year", Value: show(rd.LastYear), Link: definition("change-on-last-year"), Title: "the same months last year"},
		{Term: "To date", Value: show(rd.Value), Link: definition(s.MetricID)},
		{Term: "Plan to date", Value: unknown, Link: definition("plan-to-date"), Title: "no plan for these months"},
	}
	if rd.PlanToDate.Known {
		cells[2].Value, cells[2].Title = r.numbers.wholePercent(rd.PlanToDate.Value), "of "+show(rd.PlanOfMonths)
		cells[2].Sub = "of " + show(rd.PlanOfMonths)
	}
	if !r.period.IsYearToDate {
		return cells
	}
	forecast := planCell{Term: "Forecast", Value: unknown, Link: definition("forecast"), Title: rd.WhyNoForecast}
	if f := rd.Forecast; f != nil {
		forecast.Value = r.numbers.card(f.Value, bare)
		forecast.Title = fmt.Sprintf("80 %% range; %s", f.Method)
		if f.HasRange {
			forecast.Sub = r.cardRange(f.Low, f.High, bare)
		}
		if f.Test.Origins > 0 && !math.IsNaN(f.Test.MAPE) {
			forecast.Title += fmt.Sprintf("; was off by %s on average over %s", r.numbers.percent(f.Test.MAPE), r.numbers.plural(int64(f.Test.Horizon), "month"))
		}
	} else if rd.WhyNoForecast == "the year is complete" {
		forecast = planCell{Term: "Year end", Value: show(rd.Value), Link: definition("forecast"), Title: rd.WhyNoForecast}
	}
	return append(cells, planCell{Term: "Year-end plan", Value: show(rd.YearPlan), Link: definition("year-end-plan")}, forecast)
}

// cardRange writes a range with its unit once: "171 to 181 m".
func (r *request) cardRange(low, high float64, m measure) string {
	lo, hi := r.numbers.card(low, m), r.numbers.card(high, m)
	lo, hi = strings.TrimPrefix(lo, m.prefix), strings.TrimPrefix(hi, m.prefix)
	lastLo, lastHi := strings.LastIndex(lo, thin), strings.LastIndex(hi, thin)
	if lastLo > 0 && lastHi > 0 && lo[lastLo:] == hi[lastHi:] && strings.Trim(lo[lastLo+len(thin):], "0123456789") != "" {
		lo = lo[:lastLo]
	}
	return lo + " to " + hi
}

// sourceFoot says n, source and freshness of a dial.
func (r *request) sourceFoot(s story) []footItem {
	foot := []footItem{{Text: "Definition", Link: definition(s.MetricID)}}
	if version := deref(s.DefinitionVersion); version > 0 {
		foot[0].Text = fmt.Sprintf("Definition (version %d)", version)
	}
	if s.reading.Value.Known {
		var n []string
		if s.reading.Units > 0 {
			n = append(n, r.numbers.plural(s.reading.Units, "unit"))
		}
		if s.reading.People > 0 {
			n = append(n, r.numbers.count(s.reading.People)+" people")
		} else if s.reading.N > 0 {
			digits, scale := r.numbers.scaled(float64(s.reading.N), false)
			n = append(n, digits+scale+" observations")
		}
		foot = append(foot, footItem{Text: "n = " + strings.Join(n, ", ")})
	}
	if sources := deref(s.Sources); sources != "" {
		foot = append(foot, footItem{Text: "Source: " + sources})
	}
	if last, ok := s.lastComplete(r.period.To); ok {
		foot = append(foot, footItem{Text: "Data to " + day(last.AddDate(0, 1, -1)), Link: definition("freshness")})
	}
	for _, src := range r.sources {
		for name := range strings.SplitSeq(deref(s.Sources), ",") {
			if strings.TrimSpace(name) == src.Source && src.staleness(r.now, r.zone) != "" {
				foot = append(foot, footItem{Text: src.Source + ": " + src.staleness(r.now, r.zone), IsWarning: true})
			}
		}
	}
	return foot
}

// dialFigure is the chart of a dial, its table and the key of its launches.
func (r *request) dialFigure(s story) (*figure, []launchKey, error) {
	var marks []mark
	var keys []launchKey
	aims := slices.Clone(s.aims)
	slices.SortStableFunc(aims, func(a, b aim) int { return deref(a.link.LaunchedMonth).Compare(deref(b.link.LaunchedMonth)) })
	for _, a := range aims {
		if a.link.LaunchedMonth == nil || a.link.LaunchedMonth.After(r.asOf) {
			continue
		}
		m := mark{Key: fmt.Sprint(len(marks) + 1), Month: monthOf(*a.link.LaunchedMonth), Waves: a.link.WaveMonths}
		key := launchKey{Key: m.Key, Name: a.tactic.Name, When: month(m.Month)}
		if n := len(m.Waves); n > 1 {
			key.When += fmt.Sprintf(", %d waves to %s", n, month(m.Waves[n-1]))
		}
		marks, keys = append(marks, m), append(keys, key)
	}
	if len(marks) == 1 {
		marks[0].Key, keys[0].Key = "launch", "launch"
	}
	for _, e := range s.rivals {
		keys = append(keys, launchKey{Name: e.Name, When: rivalTime(e), IsRival: true})
	}
	o, err := option(dialChart(s.points, marks, s.rivals))
	if err != nil {
		return nil, nil, err
	}
	what := "by month"
	if s.isRate() {
		what = "over the last 12 months, by month"
	}
	f := &figure{
		ID: "chart-" + s.MetricID, Class: "spark", Option: o, Format: r.numbers.format(s.measure),
		Title: s.Name + " " + what, Summary: r.chartSummary(s, what), Table: r.dialTable(s, what),
	}
	return f, keys, nil
}

// rivalTime says when a rival event was.
func rivalTime(e rivalRow) string {
	if e.ToDate == nil || e.IsLasting {
		return "since " + month(e.FromDate)
	}
	return month(e.FromDate) + " to " + month(e.ToDate.AddDate(0, 0, -1))
}

// chartSummary says in a sentence what the chart shows.
func (r *request) chartSummary(s story, what string) string {
	if len(s.points) == 0 {
		return s.Name + ": no complete month."
	}
	var first, last *point
	for i := range s.points {
		if p := &s.points[i]; p.Value.Known {
			if first == nil {
				first = p
			}
			last = p
		}
	}
	text := fmt.Sprintf("%s %s: %s in %s, %s in %s", s.Name, what,
		r.numbers.card(first.Value.Value, s.measure), month(first.Month), r.numbers.card(last.Value.Value, s.measure), month(last.Month))
	if last.Plan.Known {
		text += ", plan " + r.numbers.card(last.Plan.Value, s.measure)
	}
	for _, a := range s.aims {
		if a.link.LaunchedMonth != nil && !a.link.LaunchedMonth.After(r.asOf) {
			text += "; " + a.tactic.Name + " launched in " + month(*a.link.LaunchedMonth)
		}
	}
	for _, e := range s.rivals {
		text += "; " + e.Name + " from " + month(e.FromDate)
	}
	return text + "."
}

// dialTable is the chart as a table, the latest month first.
func (r *request) dialTable(s story, what string) dataTable {
	t := dataTable{Caption: s.Name + " " + what, Head: []string{"Month", "Actual", "Plan", "Forecast (80 % range)", "n", "State"}}
	show := func(n number) string {
		if !n.Known {
			return unknown
		}
		return r.numbers.exact(n.Value, s.measure)
	}
	for _, p := range slices.Backward(s.points) {
		row, _ := s.month(p.Month)
		cells := []string{month(p.Month), show(p.Value), show(p.Plan), unknown, unknown, "complete"}
		if p.Forecast.Known {
			cells[3] = show(p.Forecast) + " (" + r.numbers.exact(p.Low, s.measure) + " to " + r.numbers.exact(p.High, s.measure) + ")"
		}
		if n := cmp.Or(deref(row.PeopleN), deref(row.N), row.Units); n > 0 && p.Value.Known {
			cells[4] = r.numbers.count(n)
		}
		switch {
		case p.Running.Known:
			cells[1], cells[5] = show(p.Running), "not over yet"
		case !p.Value.Known && p.Month.After(s.reading.Last):
			cells[5] = "to come"
		case !p.Value.Known:
			cells[5] = "missing"
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
