package dashboards

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"dials/queries/evidence"
)

// moneyPanel shows what the effect is worth against what the tactic cost, or says
// why it cannot.
func (r *request) moneyPanel(d *impactData) (*panel, string, error) {
	row := d.row
	cost, seen := d.cost[row.TacticID]
	switch {
	case evidence.Rung(row.Rung) < evidence.BeforeAfter:
		return nil, "No return is computed before the dial can be compared with what came before the launch.", nil
	case !seen:
		return nil, "The cost is hidden to protect people, so no return is shown.", nil
	case cost.LoadedCostAmount == nil || *cost.LoadedCostAmount <= 0:
		return nil, "What it cost is not known, so there is no return to show. Load the lines of its cost.", nil
	case row.Benefit == nil:
		return nil, r.whyNoBenefit(row), nil
	case row.Currency != nil && *row.Currency != deref(d.tactic.CostCurrency) && d.tactic.CostCurrency != nil:
		return nil, "Benefit and cost are in different currencies, and no exchange rate joins them.", nil
	}
	m := r.money(d.results)
	if row.BenefitLow == nil {
		return nil, "An estimate, not measured: " + r.numbers.card(*row.Benefit, m) + " of the change, by what participants and managers ascribe to the tactic, against a cost of " + r.numbers.card(*cost.LoadedCostAmount, m) + ".", nil
	}
	steps := moneySteps(*cost.LoadedCostAmount, *row.BenefitLow, *row.Benefit)
	for i := range steps {
		steps[i].Label = r.numbers.card(steps[i].Amount, m)
	}
	o, err := option(moneyChart(steps))
	if err != nil {
		return nil, "", err
	}
	low, okLow := evidence.Returns(*row.BenefitLow, *cost.LoadedCostAmount)
	central, okCentral := evidence.Returns(*row.Benefit, *cost.LoadedCostAmount)
	p := &panel{ID: "money", Title: r.moneyTitle(*cost.LoadedCostAmount, *row.BenefitLow, *row.Benefit, m)}
	p.Sub = "At most the first 12 months of each unit, at the margin of the dial; cost with the participants' time; low = the bound of the interval nearest zero"
	if basis := deref(row.BenefitBasis); basis != "" {
		p.Sub += "; " + basis
	}
	if len(row.Joint) > 0 {
		p.Title = "What is it worth? The effect is shared with " + list(row.Joint)
	}
	table := dataTable{Caption: "Cost and benefit", Head: []string{"", "Low", "Central"}, Rows: [][]string{
		{"Benefit", r.numbers.exact(*row.BenefitLow, m), r.numbers.exact(*row.Benefit, m)},
		{"Cost", r.numbers.exact(*cost.LoadedCostAmount, m), r.numbers.exact(*cost.LoadedCostAmount, m)},
		{"Net", r.numbers.exact(*row.BenefitLow-*cost.LoadedCostAmount, m), r.numbers.exact(*row.Benefit-*cost.LoadedCostAmount, m)},
	}}
	p.Foot = []footItem{{Text: "Definition", Link: definition("return")}}
	if okLow && okCentral {
		table.Rows = append(table.Rows,
			[]string{"ROI (net ÷ cost)", r.numbers.wholePercent(low.ROI), r.numbers.wholePercent(central.ROI)},
			[]string{"Benefit-cost ratio", r.numbers.fixed(low.BCR, 1), r.numbers.fixed(central.BCR, 1)},
			[]string{"Payback, from the launch", r.paybackWords(d, *cost.LoadedCostAmount, true), r.paybackWords(d, *cost.LoadedCostAmount, false)})
		p.Foot = append(p.Foot,
			footItem{Text: "ROI " + r.numbers.wholePercent(low.ROI) + " low, " + r.numbers.wholePercent(central.ROI) + " central"},
			footItem{Text: "benefit-cost ratio " + r.numbers.fixed(low.BCR, 1) + " and " + r.numbers.fixed(central.BCR, 1)},
			footItem{Text: "payback " + r.paybackWords(d, *cost.LoadedCostAmount, false) + ", central"})
	}
	p.Chart = &figure{
		ID: "chart-money", Class: "chart", Title: p.Title, Option: o, Format: r.numbers.format(m), Table: table, Summary: p.Title + ".",
	}
	return p, "", nil
}

// payback is the month since the launch in which the running total of the benefit,
// low or central, has come up with the cost; ok is false where it has not yet, or
// not within the first 12 months of each unit.
func payback(points []impactPointRow, cost float64, low bool) (months int64, ok bool) {
	for _, p := range points { // in order
		v := p.Value
		if low {
			v = p.Low
		}
		if v != nil && p.X != nil && *v >= cost {
			return int64(math.Round(*p.X)), true
		}
	}
	return 0, false
}

// paybackWords writes a payback.
func (r *request) paybackWords(d *impactData, cost float64, low bool) string {
	if len(d.points["benefit"]) == 0 {
		return unknown
	}
	if months, ok := payback(d.points["benefit"], cost, low); ok {
		return r.numbers.plural(months, "month")
	}
	return "not yet"
}

func (r *request) whyNoBenefit(row impactRow) string {
	switch {
	case row.Effect == nil:
		return "No return is computed: " + deref(row.Reason) + "."
	case evidence.Result(row.Result) == evidence.NoChange:
		return "No return is computed: no effect was found that could be worth something."
	case len(row.Joint) > 0:
		return "No return is computed: the effect cannot be divided between this and " + list(row.Joint) + "."
	}
	return "No return is computed: the definition of the dial says neither what a unit of it is worth nor its margin."
}

// moneyTitle says what the effect is worth against the cost.
func (r *request) moneyTitle(cost, low, central float64, m measure) string {
	for_ := ", for " + r.numbers.card(cost, m)
	switch {
	case low > 0:
		return "Worth at least " + r.numbers.card(low, m) + ", more likely " + r.numbers.card(central, m) + for_
	case central > 0:
		return "Worth " + r.numbers.card(central, m) + " if anything: the interval holds nothing as well" + for_
	}
	return "It has cost " + r.numbers.card(cost, m) + " and shows no benefit"
}

// A moneyStep is a bar of the waterfall from From by Amount.
type moneyStep struct {
	Name, Label, Color, Link string
	From, Amount             float64
}

// moneySteps lead from the cost to what is left, at least and in the middle.
func moneySteps(cost, low, central float64) []moneyStep {
	return []moneyStep{
		{Name: "Cost", Color: "var(--bad)", Amount: -cost},
		{Name: "Low", Color: "var(--good)", Amount: low},
		{Name: "Up to central", Color: "var(--good)", From: low, Amount: central - low},
		{Name: "Net, low", Color: "var(--series-1)", Amount: low - cost},
		{Name: "Net, central", Color: "var(--series-1)", Amount: central - cost},
	}
}

// moneyChart draws the waterfall. A bar that spans zero has a part on either side.
func moneyChart(steps []moneyStep) *charts.Bar {
	bar := charts.NewBar()
	var names []string
	var base []opts.BarData
	var up, down []linkedBar
	clear := &opts.ItemStyle{Color: "rgba(0,0,0,0)"}
	for _, s := range steps {
		names = append(names, s.Name)
		low, high := min(s.From, s.From+s.Amount), max(s.From, s.From+s.Amount)
		under := 0.0
		switch {
		case low > 0:
			under = low
		case high < 0:
			under = high
		}
		base = append(base, opts.BarData{Value: rounded(under), ItemStyle: clear})
		style := &opts.ItemStyle{Color: s.Color}
		label := func(position string) *opts.Label {
			return &opts.Label{Show: opts.Bool(true), Position: position, Formatter: s.Label, Color: "var(--ink)", FontSize: 12}
		}
		u := linkedBar{opts.BarData{Value: rounded(max(0, high-max(0, low))), ItemStyle: style, Name: s.Label}, s.Link}
		v := linkedBar{opts.BarData{Value: rounded(min(0, low-min(0, high))), ItemStyle: style, Name: s.Label}, s.Link}
		if high > 0 {
			u.Label = label("top")
		} else {
			v.Label = label("top")
		}
		up, down = append(up, u), append(down, v)
	}
	bar.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "8", Right: "8", Top: "24", Bottom: "12", ContainLabel: opts.Bool(true)}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{Interval: "0", FontSize: 11}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", AxisLabel: &opts.AxisLabel{Formatter: "@short"}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	bar.SetXAxis(names)
	stack := charts.WithBarChartOpts(opts.BarChart{Stack: "w"})
	bar.AddSeries("from", base, stack)
	bar.AddSeries("up", nil, stack, linked(up))
	bar.AddSeries("down", nil, stack, linked(down))
	return bar
}
