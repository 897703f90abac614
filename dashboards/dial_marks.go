package dashboards

import (
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// A markItem is one mark line, band end or label; go-echarts has no type that
// styles a single one.
type markItem struct {
	Name       string          `json:"name,omitempty"`
	XAxis      string          `json:"xAxis,omitempty"`
	Coord      []any           `json:"coord,omitempty"`
	SymbolSize float64         `json:"symbolSize,omitempty"`
	LineStyle  *opts.LineStyle `json:"lineStyle,omitempty"`
	Label      *markLabel      `json:"label,omitempty"`
}

type markLabel struct {
	Show      bool      `json:"show"`
	Position  string    `json:"position,omitempty"`
	Formatter string    `json:"formatter,omitempty"`
	Color     string    `json:"color,omitempty"`
	Align     string    `json:"align,omitempty"`
	FontSize  float64   `json:"fontSize,omitempty"`
	Offset    []float64 `json:"offset,omitempty"`
	Distance  float64   `json:"distance,omitempty"`
}

// markLines draws launches with their key on top, later waves without one.
func markLines(months []string, marks []mark) *opts.MarkLines {
	lines := &opts.MarkLines{}
	lines.Symbol = []string{"none", "none"}
	at := map[string]int{} // month → item, so that launches of one month share a line
	for _, m := range marks {
		month := m.Month.Format("2006-01")
		if !slices.Contains(months, month) {
			continue
		}
		if i, ok := at[month]; ok {
			item := lines.Data[i].(markItem)
			item.Name += ", " + m.Key
			lines.Data[i] = item
			continue
		}
		at[month] = len(lines.Data)
		lines.Data = append(lines.Data, markItem{
			Name: m.Key, XAxis: month, LineStyle: &opts.LineStyle{Color: "var(--muted)", Width: 1, Type: "solid"},
			Label: &markLabel{Show: true, Position: "end", Formatter: "{b}", Color: "var(--muted)", FontSize: 11, Distance: 3},
		})
	}
	for _, m := range marks {
		for _, w := range m.Waves {
			month := w.Format("2006-01")
			if _, taken := at[month]; taken || !slices.Contains(months, month) {
				continue
			}
			at[month] = len(lines.Data)
			lines.Data = append(lines.Data, markItem{
				Name: m.Key, XAxis: month, LineStyle: &opts.LineStyle{Color: "var(--quiet)", Width: 1, Type: "dotted"}, Label: &markLabel{},
			})
		}
	}
	if len(lines.Data) == 0 {
		return nil
	}
	return lines
}

// markAreas draws rival events as bands over the months that they touch.
func markAreas(months []string, rivals []rivalRow) *opts.MarkAreas {
	if len(months) == 0 {
		return nil
	}
	areas := &opts.MarkAreas{}
	areas.ItemStyle = &opts.ItemStyle{Color: "var(--rival)"}
	for _, r := range rivals {
		from, to := r.FromDate.Format("2006-01"), months[len(months)-1]
		if r.ToDate != nil && !r.IsLasting {
			to = r.ToDate.AddDate(0, 0, -1).Format("2006-01")
		}
		from, to = max(from, months[0]), min(to, months[len(months)-1])
		if from > to {
			continue
		}
		areas.Data = append(areas.Data, []markItem{{
			Name: r.Name, XAxis: from,
			Label: &markLabel{Position: "insideBottom", Color: "var(--muted)", FontSize: 11},
		}, {XAxis: to}})
	}
	if len(areas.Data) == 0 {
		return nil
	}
	return areas
}

// labelEnds names the lines at their right end, apart from each other.
func labelEnds(line *charts.Line, months []string, actual, plan, center *lineData) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range []*lineData{actual, plan, center} {
		for _, v := range l.values {
			if v.Known {
				low, high = min(low, v.Value), max(high, v.Value)
			}
		}
	}
	p, f := plan.last(), center.last()
	shiftPlan, shiftForecast := 0.0, 0.0
	if p >= 0 && f >= 0 && math.Abs(plan.values[p].Value-center.values[f].Value) < 0.15*(high-low) {
		shiftPlan, shiftForecast = -7, 7
		if plan.values[p].Value < center.values[f].Value {
			shiftPlan, shiftForecast = 7, -7
		}
	}
	label := func(name string, l *lineData, i int, color string, offset float64) {
		if i < 0 {
			return
		}
		for s := range line.MultiSeries {
			if line.MultiSeries[s].Name != name {
				continue
			}
			line.MultiSeries[s].MarkPoints = &opts.MarkPoints{Data: []any{markItem{
				Name: name, Coord: []any{months[i], rounded(l.values[i].Value)}, SymbolSize: 0.1,
				Label: &markLabel{Show: true, Position: "right", Formatter: name, Color: color, FontSize: 11, Offset: []float64{0, offset}, Distance: 4},
			}}}
		}
	}
	label("plan", plan, p, "var(--plan)", shiftPlan)
	label("forecast", center, f, "var(--series-1)", shiftForecast)
}
