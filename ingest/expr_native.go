package ingest

import (
	"regexp"
	"strings"

	"dials/warehouse"
)

var (
	wholeType   = regexp.MustCompile(`^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$`)
	numericType = regexp.MustCompile(`^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$`)
)

// native converts a typed source column without a detour through text. ok is false
// where the type calls for that detour; fits where a value of it can never be one of
// the column.
func native(c warehouse.Column, typ, t, zone string) (value, reason string, ok, fits bool) {
	stamp := strings.HasPrefix(typ, "TIMESTAMP")
	zoned := typ == "TIMESTAMP WITH TIME ZONE"
	switch c.Kind {
	case warehouse.Text, warehouse.OneOf:
		return "", "", false, true
	case warehouse.JSON:
		return "to_json(" + t + ")", "is not JSON", nested(typ), nested(typ) || typ == "VARCHAR" || typ == "JSON"
	case warehouse.Boolean:
		if typ == "BOOLEAN" {
			return t, "is not true or false", true, true
		}
		return "", "", false, wholeType.MatchString(typ)
	case warehouse.Number:
		return t + "::double", "is not a finite number", numericType.MatchString(typ), numericType.MatchString(typ)
	case warehouse.Decimal:
		return "try_cast(" + t + " as " + c.Type + ")", "is not an amount of at most 14 digits", numericType.MatchString(typ), numericType.MatchString(typ)
	case warehouse.Integer:
		return "case when try_cast(" + t + " as bigint) = " + t + " then try_cast(" + t + " as bigint) end", "is not a whole number",
			numericType.MatchString(typ), numericType.MatchString(typ)
	case warehouse.Date:
		switch {
		case typ == "DATE":
			value = t
		case zoned:
			value = "case when timezone('UTC', " + t + ") = date_trunc('day', timezone('UTC', " + t + ")) then timezone('UTC', " + t + ")::date end"
		case stamp:
			value = "case when " + t + " = date_trunc('day', " + t + ") then " + t + "::date end"
		default:
			return "", "", false, numericType.MatchString(typ)
		}
		return "(case when " + value + " " + inRange + " then " + value + " end)", "is not a date, or has a time of day", true, true
	case warehouse.Instant:
		switch {
		case zoned:
			value = "make_timestamp(epoch_us(" + t + "))" // as timezone('UTC', …), without its calendar
		case (stamp || typ == "DATE") && zone != "" && zone != "UTC":
			value = "timezone('UTC', timezone(" + literal(zone) + ", " + t + "::timestamp))"
		case stamp || typ == "DATE":
			value = t + "::timestamp"
		default:
			return "", "", false, numericType.MatchString(typ)
		}
		return "(case when " + value + " " + inRange + " then " + value + " end)", "is not an instant after 1900", true, true
	}
	return "", "", false, false
}
