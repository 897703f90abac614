package demo

import (
	"math"
	"strconv"
	"strings"
	"time"
)

type kind uint8

const (
	empty kind = iota
	text
	number
	integer
	dayOf
	moment
	boolean
)

// A cell is one value on its way into a file.
type cell struct {
	kind kind
	text string
	n    float64
}

func txt(s string) cell {
	if s == "" {
		return cell{}
	}
	return cell{kind: text, text: s}
}

func num(v float64) cell { return cell{kind: number, n: v} }

// rounded returns v with so many decimals.
func rounded(v float64, decimals int) cell {
	p := math.Pow10(decimals)
	return cell{kind: number, n: math.Round(v*p) / p}
}

func whole(n int) cell { return cell{kind: integer, n: float64(n)} }

func on(d day) cell {
	if d == 0 {
		return cell{}
	}
	return cell{kind: dayOf, n: float64(d)}
}

func at(seconds int64) cell {
	if seconds == 0 {
		return cell{}
	}
	return cell{kind: moment, n: float64(seconds)}
}

func flag(b bool) cell {
	if b {
		return cell{kind: boolean, n: 1}
	}
	return cell{kind: boolean}
}

const instantLayout = "2006-01-02T15:04:05Z"

// layouts turns the strftime formats that the demo uses into Go's.
func layout(strftime string) string {
	return strings.NewReplacer("%Y", "2006", "%m", "01", "%d", "02").Replace(strftime)
}

// A column is a field with what its cells need when they are written.
type column struct {
	name    string
	layout  string
	yes, no string
	values  map[string]string // canonical → the source's word
	unpad   bool
	comma   bool
	dates   map[day]string // formatted days, for a file holds few distinct ones
}

func newColumn(f feed, c field) *column {
	col := &column{name: c.header, layout: layout(f.dates), yes: "true", no: "false", comma: f.comma, dates: map[day]string{}}
	word, rest, _ := strings.Cut(c.rule, " ")
	switch word {
	case "date":
		col.layout = layout(rest)
	case "bool":
		col.yes, col.no, _ = strings.Cut(rest, " ")
	case "pad":
		col.unpad = true
	case "values":
		col.values = map[string]string{}
		pairs := strings.Fields(rest)
		for i := 0; i+1 < len(pairs); i += 2 {
			col.values[pairs[i+1]] = pairs[i]
		}
	}
	return col
}

// string returns c as the source spells it.
func (col *column) string(c cell) string {
	switch c.kind {
	case text:
		if col.unpad {
			return strings.TrimLeft(c.text, "0")
		}
		if s, ok := col.values[c.text]; ok {
			return s
		}
		return c.text
	case number:
		s := strconv.FormatFloat(c.n, 'f', -1, 64)
		if col.comma {
			s = strings.Replace(s, ".", ",", 1)
		}
		return s
	case integer:
		return strconv.FormatInt(int64(c.n), 10)
	case dayOf:
		d := day(c.n)
		s, ok := col.dates[d]
		if !ok {
			s = d.time().Format(col.layout)
			col.dates[d] = s
		}
		return s
	case moment:
		return time.Unix(int64(c.n), 0).UTC().Format(instantLayout)
	case boolean:
		if c.n == 1 {
			return col.yes
		}
		return col.no
	}
	return ""
}
