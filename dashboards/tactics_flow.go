package dashboards

import (
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// A flowNode is a box of the flow of money: Key is its own, Text what is read.
type flowNode struct {
	Key, Text, Color string
	Depth            int
	Amount           float64
}

// A flowEdge is money that goes from one box to another.
type flowEdge struct {
	From, To string
	Amount   float64
	IsOrphan bool
}

// flow leads spend by tactic to objectives and dials; a tactic with several links
// is divided evenly among them, and what is linked to nothing ends there.
func (p *portfolio) flow() (nodes []flowNode, edges []flowEdge) {
	at := map[string]int{}
	add := func(key, text, color string, depth int, amount float64) {
		if i, ok := at[key]; ok {
			nodes[i].Amount += amount
			return
		}
		at[key] = len(nodes)
		nodes = append(nodes, flowNode{key, text, color, depth, amount})
	}
	edge := map[[2]string]int{}
	join := func(from, to string, amount float64, isOrphan bool) {
		if i, ok := edge[[2]string{from, to}]; ok {
			edges[i].Amount += amount
			return
		}
		edge[[2]string{from, to}] = len(edges)
		edges = append(edges, flowEdge{from, to, amount, isOrphan})
	}
	const none, noDial = "goal:", "dial:"
	for _, l := range p.lines {
		if !l.cost.Known || l.cost.Value <= 0 {
			continue
		}
		from := "tactic:" + l.TacticID
		if len(l.links) == 0 {
			add(from, l.Name, "var(--series-2)", 0, l.cost.Value)
			add(none, "no objective", "var(--series-2)", 1, l.cost.Value)
			join(from, none, l.cost.Value, true)
			continue
		}
		add(from, l.Name, "var(--series-1)", 0, l.cost.Value)
		part := l.cost.Value / float64(len(l.links))
		for _, k := range l.links {
			goal := "goal:" + deref(k.GoalName)
			if goal == none {
				add(none, "no objective", "var(--series-2)", 1, part)
			} else {
				add(goal, *k.GoalName, "var(--series-4)", 1, part)
			}
			join(from, goal, part, false)
			metric, text := noDial, "no dial"
			if d, ok := p.dialByID[deref(k.MetricID)]; ok {
				metric, text = noDial+d.MetricID, d.Name
			}
			add(metric, text, "var(--series-3)", 2, part)
			join(goal, metric, part, false)
		}
	}
	return nodes, edges
}

// flowPanel shows where the money of tactics goes.
func (r *request) flowPanel(p *portfolio) (*panel, error) {
	nodes, edges := p.flow()
	if len(edges) == 0 {
		return nil, nil
	}
	for i, n := range nodes {
		nodes[i].Text = n.Text + "  " + r.numbers.card(n.Amount, p.money)
	}
	names := index(nodes, func(n flowNode) string { return n.Key })
	table := dataTable{Caption: "Spend by tactic, objective and dial", Head: []string{"From", "To", "Amount"}}
	title := func(key string) string { text, _, _ := strings.Cut(names[key].Text, "  "); return text }
	for _, e := range edges {
		table.Rows = append(table.Rows, []string{title(e.From), title(e.To), r.numbers.exact(e.Amount, p.money)})
	}
	o, err := option(flowChart(nodes, edges, func(e flowEdge) string {
		return title(e.From) + " → " + title(e.To) + ": " + r.numbers.card(e.Amount, p.money)
	}))
	if err != nil {
		return nil, err
	}
	f := &panel{ID: "flow", Title: flowTitle(p, nodes), Sub: "Cost to date with the participants' time, from tactic to objective to dial; a tactic with several links is divided evenly among them"}
	f.Chart = &figure{ID: "chart-flow", Class: "chart flow roomy", Title: f.Title, Option: o, Format: r.numbers.format(p.money), Table: table, Summary: f.Title + "."}
	f.Foot = []footItem{{Text: "Definition", Link: definition("tactic-spend")}, {Text: r.numbers.plural(int64(len(p.lines)), "tactic")}, {Text: "Table: marts.tactics"}, {Text: "Data to " + day(r.asOf)}}
	return f, nil
}

// flowTitle says which dial most of the money is aimed at.
func flowTitle(p *portfolio, nodes []flowNode) string {
	all, orphans, _, _ := p.spend()
	most, name := 0.0, ""
	for _, n := range nodes {
		if n.Depth == 2 && n.Amount > most {
			most = n.Amount
			name, _, _ = strings.Cut(n.Text, "  ")
		}
	}
	switch {
	case name == "" || all <= 0:
		return "No spend reaches a dial"
	case orphans > most:
		return "More goes to no objective than to any dial"
	}
	return "Most of the money is aimed at " + name
}

// flowChart draws boxes and the money between them.
func flowChart(nodes []flowNode, edges []flowEdge, name func(flowEdge) string) *charts.Sankey {
	type label struct {
		Formatter string `json:"formatter"`
		Position  string `json:"position"`
		Color     string `json:"color"`
		FontSize  int    `json:"fontSize"`
	}
	type node struct {
		Name      string         `json:"name"`
		Depth     int            `json:"depth"`
		ItemStyle opts.ItemStyle `json:"itemStyle"`
		Label     label          `json:"label"`
	}
	type tip struct {
		Formatter string `json:"formatter"`
	}
	type link struct {
		Source    string         `json:"source"`
		Target    string         `json:"target"`
		Value     float64        `json:"value"`
		LineStyle opts.LineStyle `json:"lineStyle"`
		Tooltip   tip            `json:"tooltip"`
	}
	var boxes []node
	var links []link
	for _, n := range nodes {
		l := label{n.Text, "right", "var(--ink)", 12}
		if n.Depth == 2 {
			l.Position = "left"
		}
		boxes = append(boxes, node{n.Key, n.Depth, opts.ItemStyle{Color: n.Color}, l})
	}
	for _, e := range edges {
		color := "var(--series-1)"
		if e.IsOrphan {
			color = "var(--series-2)"
		}
		links = append(links, link{e.From, e.To, rounded(e.Amount), opts.LineStyle{Color: color, Opacity: opts.Float(0.25)}, tip{name(e)}})
	}
	sankey := charts.NewSankey()
	sankey.SetGlobalOptions(
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}"}),
	)
	sankey.AddSeries("spend", nil, nil, charts.WithSeriesOpts(func(s *charts.SingleSeries) {
		s.Data, s.Links, s.Left, s.Right, s.Top, s.Bottom = boxes, links, "4", "4", "8", "8"
		s.NodeGap, s.NodeWidth = opts.Int(16), opts.Int(10)
		s.Draggable = opts.Bool(false)
	}))
	return sankey
}
