package register

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Held is an entry as it counts now, as a reader saw it.
type Held struct {
	Key     map[string]any
	Values  map[string]any // by column; those of persons are left out
	Version string
	Source  string          // dials, or the source that declares it
	Persons map[string]bool // columns that name a person, whom the reader is not told
}

// A Lookup says what an entry may refer to.
type Lookup interface {
	// Has reports whether there is such a goal, metric, tactic, need, course or unit.
	Has(kind, id string) bool
}

// maxText bounds what somebody can write into a field.
const maxText = 2000

// Read turns a filled form into changes: one, or one per unit that a new entry names.
// form returns the values of a field. held is the entry that is changed, nil for a
// new one. now is the day of the reader, which a stamp gets.
//
// Where something is wrong, the errors say what, by field, and there is no change.
func (e Entry) Read(form func(name string) []string, held *Held, look Lookup, now time.Time) ([]Change, Errors) {
	errs := Errors{}
	values := map[string]any{}
	var units []string
	for _, f := range e.Fields {
		if held != nil && f.IsKey {
			values[f.Name] = held.Key[f.Name]
			continue
		}
		if f.Kind == Units {
			units = f.units(form(f.Name), look, errs)
			continue
		}
		v := f.read(first(form(f.Name)), held, look, now, errs)
		if v != nil {
			values[f.Name] = v
		}
	}
	if e.Rules != nil {
		rules := Errors{}
		e.Rules(values, rules)
		for name, words := range rules {
			if _, told := errs[name]; !told {
				errs[name] = words
			}
		}
	}
	note := strings.TrimSpace(first(form("note")))
	if utf8.RuneCountInString(note) > maxText {
		errs["note"] = tooLong
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return e.changes(values, units, held, look, note), nil
}

const tooLong = "That is longer than 2,000 characters."

// changes lays values out as changes.
func (e Entry) changes(values map[string]any, units []string, held *Held, look Lookup, note string) []Change {
	base := Change{Stream: e.Stream, Moments: e.Moments, Note: note}
	if e.IsOpen {
		base.Version = AnyVersion
	}
	if held != nil {
		base.Version, base.Before = held.Version, held.Values
	}
	if units == nil {
		units = []string{""}
	}
	id := ""
	if e.ID != "" && held == nil {
		id = e.newID(values, look)
	}
	var out []Change
	for _, u := range units {
		c := base
		c.Key, c.After = map[string]any{}, map[string]any{}
		for name, v := range values {
			c.After[name] = v
		}
		if u != "" {
			c.After["unit_id"] = u
		}
		switch {
		case held != nil:
			c.Key = held.Key
		default:
			for _, f := range e.Fields {
				if f.IsKey {
					c.Key[f.Name] = c.After[f.Name]
				}
			}
			if e.ID != "" {
				c.Key[e.ID] = id
			}
		}
		for name := range c.Key {
			delete(c.After, name)
		}
		for _, name := range e.Keeps {
			c.After[name] = Kept
		}
		out = append(out, c)
	}
	return out
}

// newID makes an identifier of what the entry is called.
func (e Entry) newID(values map[string]any, look Lookup) string {
	var words []string
	for _, name := range []string{"name", "title", "tactic_id", "metric_id", "months"} {
		if s := fmt.Sprint(values[name]); values[name] != nil {
			words = append(words, s)
		}
	}
	base := slug(strings.Join(words, "-"))
	if base == "" {
		base = e.Stream
	}
	id := base
	for n := 2; look.Has(e.Stream, id); n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	return id
}

// slug keeps the letters and digits of a text, short.
func slug(text string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		default:
			dash = true
		}
		if b.Len() >= 60 {
			break
		}
	}
	return b.String()
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// units reads the units of a new entry.
func (f Field) units(values []string, look Lookup, errs Errors) []string {
	var out []string
	for _, v := range values {
		for _, u := range strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ';' }) {
			u = strings.TrimSpace(u)
			if u == "" || slices.Contains(out, u) {
				continue
			}
			if !look.Has("unit", u) {
				errs[f.Name] = fmt.Sprintf("%q is not a unit that you can name.", u)
				continue
			}
			out = append(out, u)
		}
	}
	if len(out) == 0 && errs[f.Name] == "" {
		errs[f.Name] = "Name at least one unit."
	}
	return out
}

// read is the value of one field; nil is none.
func (f Field) read(text string, held *Held, look Lookup, now time.Time, errs Errors) any {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if f.Kind == Stamp {
		return f.stamp(text, held, now)
	}
	if text == "" {
		if f.Kind == Role && held != nil && held.Persons[f.Name] {
			return Kept
		}
		if f.IsRequired {
			errs[f.Name] = "This is needed."
		}
		return nil
	}
	if utf8.RuneCountInString(text) > maxText {
		errs[f.Name] = tooLong
		return nil
	}
	v, words := f.parse(text, look)
	if words != "" {
		errs[f.Name] = words
	}
	return v
}

// A KeptValue stands for the value that is there and that the reader was not told.
type KeptValue struct{}

// Kept is the value of a field that stays as it is.
var Kept = KeptValue{}

// stamp is the moment at which something became so.
func (f Field) stamp(text string, held *Held, now time.Time) any {
	if text != "yes" {
		return nil
	}
	if held != nil && held.Values[f.Name] != nil {
		return held.Values[f.Name]
	}
	return now.UTC().Format("2006-01-02 15:04:05")
}

// parse reads a value that is there, or says what is wrong with it.
func (f Field) parse(text string, look Lookup) (any, string) {
	switch f.Kind {
	case Number, Money, Integer:
		return f.number(text)
	case Date:
		d, err := time.Parse(time.DateOnly, text)
		if err != nil || d.Year() < 1990 || d.Year() >= 2100 {
			return nil, fmt.Sprintf("%q is not a day like 2026-10-31.", text)
		}
		return text, ""
	case OneOf:
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == text }) {
			return nil, fmt.Sprintf("%q is none of the choices.", text)
		}
		if f.Name == "months" {
			n, _ := strconv.Atoi(text)
			return n, ""
		}
		return text, ""
	case YesNo:
		switch text {
		case "yes":
			return true, ""
		case "no":
			return false, ""
		}
		return nil, "Answer yes, no, or not known."
	case Refers:
		if !look.Has(f.To, text) {
			return nil, fmt.Sprintf("%q is not in the register any more.", text)
		}
	}
	if f.Name == "currency" {
		text = strings.ToUpper(text)
	}
	return text, ""
}

// number reads a number as people write it: 1 000.5, 1,000.5 or 0,5.
func (f Field) number(text string) (any, string) {
	wrong := fmt.Sprintf("%q is not a number.", text)
	clean := strings.NewReplacer(" ", "", "\u202f", "", "\u00a0", "", "'", "", "\u2212", "-").Replace(text)
	point, comma := strings.LastIndex(clean, "."), strings.LastIndex(clean, ",")
	switch {
	case point >= 0 && comma > point: // 1.000,5
		clean = strings.Replace(strings.ReplaceAll(clean, ".", ""), ",", ".", 1)
	case point >= 0 && comma >= 0: // 1,000.5
		clean = strings.ReplaceAll(clean, ",", "")
	case comma >= 0 && len(clean)-comma-1 == 3 && clean[:comma] != "0" && clean[:comma] != "-0":
		return nil, fmt.Sprintf("%q can be read two ways: leave the comma out, or write a point.", text)
	case comma >= 0:
		clean = strings.Replace(clean, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(clean, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1e13 {
		return nil, wrong
	}
	if f.Kind == Integer && v != math.Trunc(v) {
		return nil, fmt.Sprintf("%q is not a whole number.", text)
	}
	if (f.Min != 0 || f.Max != 0) && (v < f.Min || v > f.Max) {
		return nil, fmt.Sprintf("It must lie between %g and %g.", f.Min, f.Max)
	}
	return v, ""
}
