package dashboards

import (
	"fmt"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// An overlapRow is how many units of a tactic had another one at the same time; the
// other is the tactic itself for all its units, and empty for those that had none.
type overlapRow struct {
	TacticID string `db:"tactic_id"`
	OtherID  string `db:"other_tactic_id"`
	Units    int64  `db:"units"`
}

// A sharedUnits is a tactic with the units that had it, alone or with others.
type sharedUnits struct {
	Name       string
	All, Alone int64
}

// overlapPanel shows which tactics met on the same units: what moves a dial there may
// be any of them (R05).
func (r *request) overlapPanel(p *portfolio) (*panel, error) {
	names := index(p.lines, func(l portfolioLine) string { return l.TacticID })
	var bars []sharedUnits
	at := map[string]int{}
	for _, row := range p.overlap {
		if row.TacticID == row.OtherID {
			at[row.TacticID] = len(bars)
			bars = append(bars, sharedUnits{Name: names[row.TacticID].Name, All: row.Units})
		}
	}
	table := dataTable{Caption: "Units that had two tactics at once", Head: []string{"Tactic", "Other tactic", "Units with both", "Of all units with it"}}
	var most overlapRow
	for _, row := range p.overlap {
		i, ok := at[row.TacticID]
		switch {
		case !ok || row.TacticID == row.OtherID:
			continue
		case row.OtherID == "":
			bars[i].Alone = row.Units
			table.Rows = append(table.Rows, []string{bars[i].Name, "none", r.numbers.count(row.Units), r.numbers.wholePercent(float64(row.Units) / float64(bars[i].All))})
			continue
		}
		table.Rows = append(table.Rows, []string{bars[i].Name, names[row.OtherID].Name, r.numbers.count(row.Units), r.numbers.wholePercent(float64(row.Units) / float64(bars[i].All))})
		if most.Units == 0 || row.Units*bars[at[most.TacticID]].All > most.Units*bars[i].All || row.Units*bars[at[most.TacticID]].All == most.Units*bars[i].All && row.Units > most.Units {
			most = row
		}
	}
	if len(bars) < 2 {
		return nil, nil
	}
	slices.SortStableFunc(bars, func(a, b sharedUnits) int { return int(b.All - a.All) })
	o, err := option(overlapChart(bars))
	if err != nil {
		return nil, err
	}
	q := &panel{ID: "overlap", Title: "No unit had two tactics that are aimed at a dial at the same time", Sub: "Units without units below them, by whether they had other tactics aimed at a dial at the same time; what moved there may be due to either"}
	if most.Units > 0 {
		all := bars[slices.IndexFunc(bars, func(b sharedUnits) bool { return b.Name == names[most.TacticID].Name })].All
		q.Title = fmt.Sprintf("%s of %s units with %s had %s as well", r.numbers.count(most.Units), r.numbers.count(all), names[most.TacticID].Name, names[most.OtherID].Name)
		if most.Units == all {
			q.Title = fmt.Sprintf("All %s units with %s had %s as well", r.numbers.count(all), names[most.TacticID].Name, names[most.OtherID].Name)
		}
	}
	q.Chart = &figure{ID: "chart-overlap", Class: "chart tall roomy", Title: q.Title, Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true}, Table: table, Summary: q.Title + "."}
	q.Foot = []footItem{{Text: "Definition", Link: definition("tactic-overlap")}, {Text: r.numbers.plural(int64(len(bars)), "tactic") + " that units had"}, {Text: "Table: marts.tactic_overlap"}}
	return q, nil
}

// overlapChart draws the units of each tactic: those that had it alone, and those that
// had others as well.
func overlapChart(bars []sharedUnits) *charts.Bar {
	bar := charts.NewBar()
	var names []string
	var alone, with []opts.BarData
	for _, b := range slices.Backward(bars) { // the first on top
		names = append(names, b.Name)
		alone = append(alone, opts.BarData{Value: b.Alone})
		with = append(with, opts.BarData{Value: b.All - b.Alone})
	}
	bar.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "180", Right: "24", Top: "36", Bottom: "24"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(true), Left: "0", Top: "0"}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", AxisLabel: &opts.AxisLabel{Formatter: "@short"}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: names, AxisLabel: &opts.AxisLabel{FontSize: 11, Width: 172, Overflow: "truncate", Interval: "0"}}),
	)
	stacked := charts.WithBarChartOpts(opts.BarChart{Stack: "units", BarWidth: "60%"})
	bar.AddSeries("this tactic alone", alone, stacked, charts.WithItemStyleOpts(opts.ItemStyle{Color: "var(--series-1)"}))
	bar.AddSeries("with other tactics at the same time", with, stacked, charts.WithItemStyleOpts(opts.ItemStyle{Color: "var(--series-2)"}))
	return bar
}
