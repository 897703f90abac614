package ingest

import (
	"fmt"
	"slices"
	"strings"
)

// values is the SQL that converts the records of from, a table expression with the
// columns of the reading. n is empty or, for the second look at bad records, the
// SQL of dials_n, dials_line and dials_payload. Each text and value is computed once.
func (m *mapping) values(from, n string) string {
	var texts, values, flags []string
	for _, f := range m.fields {
		texts = append(texts, f.text+" as "+f.t)
		values = append(values, f.t, f.value+" as "+f.v)
		if f.bad != "" {
			flags = append(flags, f.bad+" as "+f.b)
		}
	}
	texts = append(texts, m.extra+" as x", m.broken()+" as broken", m.blank()+" as blank")
	carry := []string{"x", "broken", "blank"}
	if n != "" {
		carry = append(carry, "dials_n", "dials_line", "dials_payload")
		texts = append(texts, n)
	}
	if m.json {
		// One look at each record takes out all its values.
		from = "(select *, json_extract_string(record, [" + literals(*m.paths) + "]) as j from " + from + ")"
	}
	inner := "select " + strings.Join(texts, ", ") + " from " + from
	inner = "select " + strings.Join(append(values, carry...), ", ") + " from (" + inner + ")"
	return "select *, " + strings.Join(append(flags, m.backwards()+" as backwards"), ", ") + " from (" + inner + ")"
}

// filled are the columns of landing that the records have values in.
func (m *mapping) filled() []string {
	var names []string
	for _, f := range m.fields {
		if f.value != "null" || slices.Contains(m.absent, f.name) {
			names = append(names, f.column())
		}
	}
	if m.extra != noExtra {
		names = append(names, "extra")
	}
	return names
}

// column is the column of landing that a field fills.
func (f field) column() string {
	if f.name == "recorded_at" {
		return "stated_at"
	}
	return f.name
}

// landGood is the query that fills landing from the good records of from, but for the
// columns that are the same in all of them.
func (m *mapping) landGood(from string, constant func(column string) bool) string {
	var cols []string
	if !constant("is_bad") {
		cols = append(cols, "false as is_bad")
	}
	bad := []string{"blank", "broken", "backwards"}
	for _, f := range m.fields {
		if f.value != "null" && !constant(f.column()) {
			cols = append(cols, f.v+" as "+ident(f.column()))
		}
		if f.bad != "" {
			bad = append(bad, f.b)
		}
	}
	if m.extra != noExtra {
		cols = append(cols, "x as extra")
	}
	return "insert into landing by name select " + strings.Join(cols, ", ") + " from (" + m.values(from, "") + ") where not (" + strings.Join(bad, " or ") + ")"
}

// constants are the columns that are the same in all records, each with the SQL of its
// text and of its value.
func (m *mapping) constants() []field {
	var out []field
	for _, f := range m.fields {
		if f.constant {
			out = append(out, f)
		}
	}
	return out
}

// land is the query that fills landing from the records of from.
func (m *mapping) land(from string, file int, asOf string) string {
	var cols, bad []string
	for _, f := range m.fields {
		if f.value != "null" {
			cols = append(cols, f.v+" as "+ident(f.column()))
		}
		if f.bad != "" {
			bad = append(bad, f.b)
		}
	}
	if !m.asOf {
		cols = append(cols, asOf+" as as_of")
	}
	if m.gone {
		cols = append(cols, "true as is_gone")
	}
	bad = append(bad, "broken", "backwards")
	if m.extra != noExtra {
		cols = append(cols, "x as extra")
	}
	cols = append(cols, fmt.Sprintf("%d as file", file), "case when not blank then "+strings.Join(bad, " or ")+" end as is_bad")
	return "insert into landing by name select " + strings.Join(cols, ", ") + " from (" + m.values(from, "") + ")"
}

// refuse is the query that fills refused with the bad records of from, each with the
// first of its columns that is bad. n is the SQL of their numbers and lines.
func (m *mapping) refuse(from, n string, file int, key []string) string {
	column, value, reason := "case", "case", "case"
	when := func(cond, c, v, r string) {
		column += " when " + cond + " then " + c
		value += " when " + cond + " then " + v
		reason += " when " + cond + " then " + r
	}
	when("broken", "null::varchar", "null::varchar", "'is not a JSON object'")
	keys := map[string]string{}
	var bad []string
	for _, f := range m.fields {
		keys[f.name] = f.v
		if f.bad == "" {
			continue
		}
		bad = append(bad, f.b)
		t, why := f.t+"::varchar", f.reason
		if m.notes {
			why = "case when starts_with(" + t + ", chr(0)) then substr(" + t + ", 2) else " + why + " end"
		}
		when(f.b, literal(f.name), "left("+t+", 200)", why)
	}
	when("backwards", "'valid_to'", "null::varchar", "'valid_to is not after valid_from: inclusive = true says that it is the last day'")
	cols := []string{
		fmt.Sprint(file), "dials_n", "dials_line", column + " end", value + " end", reason + " end", "dials_payload",
	}
	for _, k := range key {
		cols = append(cols, "case when not broken then "+keys[k]+" end")
	}
	return "insert into refused select " + strings.Join(cols, ", ") + " from (" + m.values(from, n) + ") where not blank and (" +
		strings.Join(append(bad, "broken", "backwards"), " or ") + ")"
}

// blank is true for a record without any value.
func (m *mapping) blank() string {
	if m.json {
		return "raw is null"
	}
	var all []string
	for _, c := range m.cols {
		if c.Type != "VARCHAR" {
			return "false"
		}
		all = append(all, c.Expr)
	}
	if len(all) == 0 {
		return "false"
	}
	return "coalesce(" + strings.Join(all, ", ") + ") is null"
}

// broken is true for a record that is none.
func (m *mapping) broken() string {
	if m.json {
		return "raw is not null and record is null"
	}
	return "false"
}

// backwards is true for a record that ends before it begins.
func (m *mapping) backwards() string {
	from, to := "", ""
	for _, f := range m.fields {
		switch f.name {
		case "valid_from":
			from = f.v
		case "valid_to":
			to = f.v
		}
	}
	if !m.from || !m.to {
		return "false"
	}
	return "coalesce(" + to + " <= " + from + ", false)"
}
