package dashboards

import (
	"encoding/json"
	"fmt"
	"html/template"
)

// A figure is one chart with all that stands around it: its option is drawn by
// static/app.js, its table holds the same numbers.
type figure struct {
	ID      string
	Class   string // "spark", "chart" or "chart tall"
	Title   string // a finding or a question
	Sub     string // measure, unit, scope, interval
	Summary string // in a sentence, for readers who do not see the chart
	Option  template.JS
	Format  valueFormat
	Table   dataTable
	Foot    []footItem
}

// A valueFormat tells static/app.js how to write the values of a chart.
type valueFormat struct {
	Decimal, Prefix, Suffix string
	Factor                  float64
	IsWhole                 bool // values are counts
}

// A dataTable is a chart as a table; its first column names the rows.
type dataTable struct {
	Caption string
	Head    []string
	Rows    [][]string
	Links   []string // of each row's name to what is behind it; "" is nothing
	Cells   cellLinks
}

// cellLinks are where cells beside the first column lead, by row and column.
type cellLinks map[[2]int]string

// Cell returns where a cell of a row leads, or "".
func (c cellLinks) Cell(row, column int) string { return c[[2]int{row, column}] }

// Link returns where the name of a row leads, or "".
func (t dataTable) Link(row int) string {
	if row < len(t.Links) {
		return t.Links[row]
	}
	return ""
}

// A footItem is a word under a figure, with a link if there is more behind it.
type footItem struct {
	Text, Link string
	IsWarning  bool
}

// A chart is what go-echarts' charts have in common, as far as a page needs.
type chart interface {
	Validate() // completes the option; must be called before JSON
	JSON() map[string]any
}

// option returns the chart's option as JSON that is inert inside a script
// element: json.Marshal escapes <, > and &.
func option(c chart) (template.JS, error) {
	c.Validate()
	o, err := json.Marshal(c.JSON())
	if err != nil {
		return "", fmt.Errorf("chart: %w", err)
	}
	return template.JS(o), nil
}

func (n numbers) format(m measure) valueFormat {
	return valueFormat{Decimal: n.decimal, Prefix: m.prefix, Suffix: m.suffix, Factor: m.factor}
}
