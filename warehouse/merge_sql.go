package warehouse

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// sameKey compares the key columns of two tables. Only columns that may be empty
// need the slower comparison.
func (m *merge) sameKey(a, b string, key []string) string {
	var conds []string
	for _, k := range key {
		op := " is not distinct from "
		if c, ok := m.spec.Target.Column(k); k == "valid_from" || ok && c.Required {
			op = " = "
		}
		conds = append(conds, a+"."+quote(k)+op+b+"."+quote(k))
	}
	return strings.Join(conds, " and ")
}

// differs says whether a landed record a differs from a version b, an end that Dials
// inferred apart.
func (m *merge) differs(a, b string) string {
	conds := []string{"false"}
	inferred := "coalesce(json_exists(" + b + ".extra, '$." + inferredEnd + "'), false)"
	for _, c := range m.compared() {
		left, right := a+"."+quote(c), b+"."+quote(c)
		if m.isJSON(c) {
			left, right = left+"::varchar", right+"::varchar"
		}
		switch {
		case !m.spec.ActiveOnly:
		case c == "extra":
			right = "case when " + inferred + " then nullif(json_merge_patch(" + b + ".extra, '{\"" + inferredEnd + "\":null}')::varchar, '{}') else " + right + " end"
		case c == m.spec.Target.EndColumn:
			right = "case when not " + inferred + " then " + right + " end"
		case c == "valid_to":
			right = "case when not (" + inferred + " and " + right + " > " + m.date(m.newest) + ") then " + right + " end"
		}
		conds = append(conds, left+" is distinct from "+right)
	}
	return "(" + strings.Join(conds, " or ") + ")"
}

// inferredEnd is the key in extra of an end that Dials inferred.
const inferredEnd = "inferred_end"

func (m *merge) isJSON(column string) bool {
	return slices.ContainsFunc(m.spec.Target.RawColumns(), func(c Column) bool { return c.Name == column && c.Type == "JSON" })
}

// at is the moment at which Dials knew.
func (m *merge) at() string {
	return "timestamp " + literal(m.now.Format("2006-01-02 15:04:05.000000"))
}

func (m *merge) date(t time.Time) string { return "date " + literal(day(t)) }

func (m *merge) run64() string { return strconv.FormatInt(m.runID, 10) + "::bigint" }

// idents writes names as a list, each of table if that is not "".
func idents(table string, names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		if out[i] = quote(n); table != "" {
			out[i] = table + "." + out[i]
		}
	}
	return strings.Join(out, ", ")
}
