package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dials/warehouse"
)

// field is one column of landing on its way, as SQL: text is the source's value, as
// text or, where its type allows, as it is; value converts it; bad says when it is no
// value, and reason why. t, v and b are the names that text, value and bad go by.
type field struct {
	name     string
	t, v, b  string
	text     string
	value    string // "null" where the source has no such column
	bad      string // "" where it cannot be
	reason   string
	constant bool // it is the same in every record
	digits   bool // text is that of a whole number, which cannot be a bad identifier
}

// maxText is the longest text that is a value, in bytes.
const maxText = 100_000

// blanks are the characters taken off both ends of a text that holds unusual ones.
const blanks = `' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(8239) || chr(65279)`

// trimmed takes the blanks off a text; the empty text is no value.
func trimmed(expr string, odd bool) string {
	if odd {
		return "nullif(trim(" + expr + ", " + blanks + "), '')"
	}
	return "nullif(trim(" + expr + "), '')"
}

// asText writes a source column as text.
func asText(c sourceColumn, odd bool) string {
	switch {
	case c.Type == "VARCHAR" && c.trimmed:
		return c.Expr
	case c.Type == "VARCHAR":
		return trimmed(c.Expr, odd)
	case wholeType.MatchString(c.Type):
		return c.Expr + "::varchar"
	case c.Type == "DOUBLE" || c.Type == "FLOAT" || strings.HasPrefix(c.Type, "DECIMAL"):
		// 1001.0 is how a table that knows no integers writes 1001. Beyond 2^53 digits are
		// lost, and no identifier is written as 1E+16: see notIDs.
		return fmt.Sprintf("case when %[1]s = trunc(%[1]s) and abs(%[1]s) <= 9007199254740992 then %[1]s::bigint::varchar else replace(%[1]s::varchar, 'e+', 'E+') end", c.Expr)
	case nested(c.Type):
		return "to_json(" + c.Expr + ")::varchar"
	}
	return trimmed(c.Expr+"::varchar", odd)
}

func nested(typ string) bool {
	return strings.HasSuffix(typ, "]") || strings.HasPrefix(typ, "STRUCT") || strings.HasPrefix(typ, "MAP") || strings.HasPrefix(typ, "UNION")
}

// textOf builds the text of a rule: its source columns joined, its null values taken
// out, its replacements made, its zeros restored.
func textOf(cols []sourceColumn, r *Rule, w Writing, odd bool) string {
	var expr string
	if len(cols) == 1 {
		expr = asText(cols[0], odd)
	} else {
		join := " "
		if r.Join != nil {
			join = *r.Join
		}
		parts := make([]string, len(cols))
		for i, c := range cols {
			parts[i] = asText(c, odd)
		}
		expr = "nullif(concat_ws(" + literal(join) + ", " + strings.Join(parts, ", ") + "), '')"
	}
	if null := slices.Concat(r.Null, w.Null); len(null) > 0 {
		expr = "case when " + expr + " not in (" + literals(null) + ") then " + expr + " end"
	}
	if len(r.Values) > 0 {
		out := "case " + expr
		for _, k := range slices.Sorted(maps.Keys(r.Values)) {
			out += " when " + literal(k) + " then nullif(" + literal(r.Values[k]) + ", '')"
		}
		expr = out + " else " + expr + " end"
	}
	if r.Pad > 0 {
		expr = fmt.Sprintf("case when strlen(%[1]s) < %[2]d then lpad(%[1]s, %[2]d, '0') else %[1]s end", expr, r.Pad)
	}
	return expr
}

// convert returns the SQL that turns the text t into a value of a column, and what
// the text is not when it cannot.
func convert(c warehouse.Column, t string, r *Rule, w Writing, zone, serial string) (value, reason string) {
	switch c.Kind {
	case warehouse.OneOf:
		return "replace(replace(lower(" + t + "), ' ', '_'), '-', '_')", "is not one of " + list(c.OneOf)
	case warehouse.Integer:
		n, words := number(t, decimalOf(r, w))
		return "case when try_cast(" + n + " as bigint) = try_cast(" + n + " as double) then try_cast(" + n + " as bigint) end", "is not a whole number" + words
	case warehouse.Number:
		n, words := number(t, decimalOf(r, w))
		return "try_cast(" + n + " as double)", "is not a number" + words
	case warehouse.Decimal:
		n, words := number(t, decimalOf(r, w))
		return "try_cast(" + n + " as " + c.Type + ")", "is not an amount" + words
	case warehouse.Date:
		return date(t, formatsOf(r, w), serial)
	case warehouse.Instant:
		return instant(t, r.Format, zone, serial) // the stream's date_format is for dates
	case warehouse.Boolean:
		return "try_cast(" + t + " as boolean)", "is not true or false: values = { … } can say what it means"
	case warehouse.JSON:
		return "case when json_valid(" + t + ") then " + t + "::json end", "is not JSON"
	}
	return t, fmt.Sprintf("is longer than %d bytes", maxText)
}

func decimalOf(r *Rule, w Writing) string {
	if r.Decimal != "" {
		return r.Decimal
	}
	return w.Decimal
}

func formatsOf(r *Rule, w Writing) []string {
	if len(r.Format) > 0 {
		return r.Format
	}
	return w.Dates
}

// number writes the text t as DuckDB reads numbers. Groups of three digits are known
// only where the decimal mark is: without it 1,234 could be either number.
func number(t, decimal string) (expr, words string) {
	group, mark, words := ".", ",", " with a decimal comma"
	switch decimal {
	case "":
		return t, `: set decimal = "," for 1.234,56 or decimal = "." for 1,234.56`
	case ".":
		group, mark, words = ",", ".", " with a decimal point"
	}
	groups := "[" + group + " '’" + "\u00a0\u202f]"
	pattern := `[+-]?(\d+|\d{1,3}(` + groups + `\d{3})+)?(` + `\` + mark + `\d*)?`
	return "case when regexp_full_match(" + t + ", " + literal(pattern) + ") then replace(regexp_replace(" + t + ", " + literal(groups) + ", '', 'g'), " +
		literal(mark) + ", '.') end", words
}

// Days and instants outside of this range are mistakes.
const inRange = "between '1900-01-01' and '9999-12-31 23:59:59'"

// date reads a date. Without a format it takes 2024-01-31, alone or at midnight.
func date(t string, formats []string, serial string) (value, reason string) {
	either := ""
	if len(formats) == 0 {
		value = "case when strlen(" + t + ") = 10 then try_cast(" + t + " as date) when regexp_full_match(" + t +
			`, '\d{4}-\d\d-\d\d[T ]00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)?') then try_cast(left(` + t + ", 10) as date)" + serialDay(t, serial) + " end"
		reason = "is not a date written as 2024-01-31: format can say how it is written"
	} else {
		read := parsed(t, formats, "UTC")
		value = "coalesce(" + strings.Join(read, ", ") + ")::date"
		if len(read) > 1 {
			// 04/05/2020 by %d/%m/%Y and by %m/%d/%Y is two days: nobody knows which.
			value = "case when len(list_distinct([" + strings.Join(read, ", ") + "])) = 1 then " + value + " end"
			either = ", or is one day by one of them and another by another"
		}
		if s := serialDay(t, serial); s != "" {
			value = "coalesce(" + value + ", case" + s + " end)"
		}
		reason = "is not a date written as " + strings.Join(formats, " or ") + either
	}
	return "(case when " + value + " " + inRange + " then " + value + " end)", reason
}

// serialDay reads the number that a spreadsheet has for a day.
func serialDay(t, serial string) string {
	if serial == "" {
		return ""
	}
	return " when try_cast(" + t + " as double) between 1 and 2958465 and try_cast(" + t + " as double) = trunc(try_cast(" + t + " as double)) then date " +
		literal(serial) + " + try_cast(try_cast(" + t + " as double) as integer)"
}

// instant reads an instant to UTC. Without a format it takes ISO 8601.
func instant(t string, formats []string, zone, serial string) (value, reason string) {
	if len(formats) == 0 {
		value = "timezone('UTC', try_cast(" + t + " as timestamptz))"
		if zone != "" && zone != "UTC" {
			value = "case when regexp_matches(" + t + `, ':\d\d.*(Z|z|[+-]\d\d(:?\d\d)?)$') then ` + value + " else timezone('UTC', timezone(" + literal(zone) + ", try_cast(" + t + " as timestamp))) end"
		}
		reason = "is not an instant written as 2024-01-31T09:30:00Z: format can say how it is written"
	} else {
		value = "coalesce(" + strings.Join(parsed(t, formats, zone), ", ") + ")"
		reason = "is not an instant written as " + strings.Join(formats, " or ")
	}
	if serial != "" {
		value = "case when try_cast(" + t + " as double) between 1 and 2958466 then timestamp " + literal(serial) + " + to_microseconds((round(try_cast(" + t +
			" as double) * 86400) * 1000000)::bigint) else " + value + " end"
	}
	return "(case when " + value + " " + inRange + " then " + value + " end)", reason
}

// parsed reads t by each format, to a timestamp in UTC.
func parsed(t string, formats []string, zone string) []string {
	var out []string
	for _, f := range formats {
		var e string
		switch {
		case f == "epoch":
			e = "timezone('UTC', to_timestamp(try_cast(" + t + " as double)))"
		case f == "epoch_ms":
			e = "timezone('UTC', to_timestamp(try_cast(" + t + " as double) / 1000))"
		case f == "excel":
			e = "(timestamp '1899-12-30' + to_microseconds((round(try_cast(" + t + " as double) * 86400) * 1000000)::bigint))"
		case strings.Contains(f, "%z"):
			e = "timezone('UTC', try_strptime(" + t + ", " + literal(f) + ")::timestamptz)"
		case zone == "" || zone == "UTC":
			e = "try_strptime(" + t + ", " + literal(f) + ")"
		default:
			e = "timezone('UTC', timezone(" + literal(zone) + ", try_strptime(" + t + ", " + literal(f) + ")))"
		}
		out = append(out, "(case when "+e+" "+inRange+" then "+e+" end)")
	}
	return out
}

// literal writes a text as an SQL string; what no statement can hold becomes \ufffd.
func literal(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func literals(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = literal(v)
	}
	return strings.Join(out, ", ")
}

// ident writes a name as an SQL identifier.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
