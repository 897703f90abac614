package ingest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Rule says where the value of one canonical column comes from: in config.toml the
// name of a source column, or a table of the words below.
type Rule struct {
	From      []string          // source columns
	Join      *string           // what stands between the values of several; a blank
	Value     *string           // a constant, in place of from
	Format    []string          // strptime formats of a date or an instant
	Null      []string          // values that mean no value
	Decimal   string            // "." or ","
	Pad       int               // least length of a text, filled with zeros in front
	Values    map[string]string // replacements of whole values
	Inclusive bool              // the date is the last day: the day after is stored
	Type      string            // of the column, for the reader: another one is a mistake
}

// UnmarshalTOML reads a rule.
func (r *Rule) UnmarshalTOML(data any) error {
	if name, ok := data.(string); ok {
		r.From = []string{name}
		return r.check()
	}
	table, ok := data.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is neither the name of a source column nor a table", data)
	}
	var errs []error
	for _, word := range slices.Sorted(maps.Keys(table)) {
		if err := r.set(word, table[word]); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 {
		errs = append(errs, r.check())
	}
	return errors.Join(errs...)
}

// set reads one word of a rule.
func (r *Rule) set(word string, data any) (err error) {
	switch word {
	case "from":
		r.From, err = texts(data)
	case "join":
		var v string
		v, err = text(data)
		r.Join = &v
	case "value":
		var v string
		v, err = scalar(data)
		r.Value = &v
	case "format":
		r.Format, err = texts(data)
	case "null":
		r.Null, err = texts(data)
	case "decimal":
		r.Decimal, err = text(data)
	case "pad":
		n, ok := data.(int64)
		if !ok || n < 1 || n > 100 {
			err = errors.New("is not a length from 1 to 100")
		}
		r.Pad = int(n)
	case "values":
		r.Values, err = replacements(data)
	case "type":
		r.Type, err = text(data)
	case "inclusive":
		var ok bool
		if r.Inclusive, ok = data.(bool); !ok {
			err = errors.New("is not true or false")
		}
	default:
		return fmt.Errorf("unknown word %q: a column knows from, join, value, format, null, decimal, pad, values, inclusive and type", word)
	}
	if err != nil {
		return fmt.Errorf("%s %w", word, err)
	}
	return nil
}

// check finds words that do not go together.
func (r *Rule) check() error {
	var errs []error
	if (len(r.From) == 0) == (r.Value == nil) {
		errs = append(errs, errors.New("one of from and value is needed"))
	}
	if slices.Contains(r.From, "") {
		errs = append(errs, errors.New("from is empty"))
	}
	if r.Join != nil && len(r.From) < 2 {
		errs = append(errs, errors.New("join needs several source columns"))
	}
	if err := checkDecimal(r.Decimal); err != nil {
		errs = append(errs, err)
	}
	for _, f := range r.Format {
		if err := checkFormat(f); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func checkDecimal(d string) error {
	if d != "" && d != "." && d != "," {
		return fmt.Errorf(`decimal %q is neither "." nor ","`, d)
	}
	return nil
}

var formatCode = regexp.MustCompile(`%-?.?`)

// checkFormat finds strptime codes that DuckDB does not know. Besides them, epoch,
// epoch_ms and excel are formats.
func checkFormat(format string) error {
	if format == "epoch" || format == "epoch_ms" || format == "excel" {
		return nil
	}
	codes := formatCode.FindAllString(format, -1)
	if len(codes) == 0 {
		return fmt.Errorf("format %q holds no code such as %%d", format)
	}
	for _, code := range codes {
		if !strings.Contains("aAbBdmyYHIMSpfgnzZjUWwuxXcG%", code[len(code)-1:]) || code == "%" || code == "%-" {
			return fmt.Errorf("format %q: %s is no code of strptime", format, code)
		}
	}
	return nil
}

func text(data any) (string, error) {
	s, ok := data.(string)
	if !ok {
		return "", errors.New("is not a text")
	}
	return s, nil
}

// scalar reads a constant, which may be written without quotes.
func scalar(data any) (string, error) {
	switch data.(type) {
	case string, int64, float64, bool:
		return fmt.Sprint(data), nil
	}
	return "", errors.New("is not a text, a number or true or false")
}

// texts reads one text or a list of them.
func texts(data any) ([]string, error) {
	if s, ok := data.(string); ok {
		return []string{s}, nil
	}
	list, ok := data.([]any)
	if !ok {
		return nil, errors.New("is neither a text nor a list of texts")
	}
	out := make([]string, len(list))
	for i, v := range list {
		if out[i], ok = v.(string); !ok {
			return nil, errors.New("is not a list of texts")
		}
	}
	return out, nil
}

func replacements(data any) (map[string]string, error) {
	table, ok := data.(map[string]any)
	if !ok {
		return nil, errors.New(`is not a table such as { C = "completed" }`)
	}
	out := map[string]string{}
	for k, v := range table {
		s, err := scalar(v)
		if err != nil {
			return nil, fmt.Errorf("%s %w", k, err)
		}
		out[k] = s
	}
	return out, nil
}
