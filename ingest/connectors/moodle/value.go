package moodle

import (
	"bytes"
	"encoding/json"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PHP is loose about types: a number may come as text, a flag as a number, an empty
// list as an object, and what is absent as null, 0, "" or not at all. The types of
// this file take all of it.

// A number is a number that may come as text, or not at all.
type number struct {
	value float64
	known bool
}

// UnmarshalJSON reads a number; what is none is not known.
func (n *number) UnmarshalJSON(data []byte) error {
	*n = number{}
	v, err := strconv.ParseFloat(strings.Trim(string(data), `" `), 64)
	if err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
		*n = number{v, true}
	}
	return nil
}

// An id is a positive whole number, 0 where there is none.
type id int64

// UnmarshalJSON reads an id.
func (i *id) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(data), `" `), 10, 64)
	if err != nil || v < 0 {
		v = 0
	}
	*i = id(v)
	return nil
}

func (i id) String() string { return strconv.FormatInt(int64(i), 10) }

// An epoch is a moment in seconds, 0 where there is none.
type epoch = id

// instant writes an epoch, "" where there is none.
func instant(e epoch) string {
	if e == 0 {
		return ""
	}
	return time.Unix(int64(e), 0).UTC().Format(time.RFC3339)
}

// day writes the day of an epoch in a time zone, "" where there is none.
func day(e epoch, zone *time.Location) string {
	if e == 0 {
		return ""
	}
	return time.Unix(int64(e), 0).In(zone).Format(time.DateOnly)
}

// A flag is true, false or unknown.
type flag int8

const (
	unknown flag = iota
	no
	yes
)

// UnmarshalJSON reads a flag.
func (f *flag) UnmarshalJSON(data []byte) error {
	*f = flagOf(strings.ToLower(strings.Trim(string(data), `" `)))
	return nil
}

func flagOf(text string) flag {
	switch text {
	case "true", "1", "yes":
		return yes
	case "false", "0", "no":
		return no
	}
	return unknown
}

// String writes a flag as a boolean, "" where it is unknown.
func (f flag) String() string {
	return [...]string{"", "false", "true"}[f]
}

// A words is a text that may come as a number, with its HTML entities resolved.
type words string

// UnmarshalJSON reads a text.
func (w *words) UnmarshalJSON(data []byte) error {
	var s string
	switch {
	case string(data) == "null" || string(data) == "false":
	case len(data) > 0 && data[0] == '"':
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
	case len(data) > 0 && (data[0] == '{' || data[0] == '['):
	default:
		s = string(data)
	}
	*w = words(plain(s))
	return nil
}

// plain resolves HTML entities and takes blanks off. Names come escaped once; a name
// that holds an entity as such, such as &amp;amp;, is left with it.
func plain(s string) string {
	if strings.Contains(s, "&") {
		s = html.UnescapeString(s)
	}
	return strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", " "))
}

// A list is a list that PHP may write as an object, as null or as "".
type list[T any] []T

// UnmarshalJSON reads a list.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	*l = nil
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	switch data[0] {
	case '[':
		return json.Unmarshal(data, (*[]T)(l))
	case '{':
		keyed := map[string]T{}
		if err := json.Unmarshal(data, &keyed); err != nil {
			return err
		}
		for _, k := range sortedKeys(keyed) {
			*l = append(*l, keyed[k])
		}
	}
	return nil
}

// sortedKeys returns keys in order, numbers by their value.
func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX == nil && errY == nil {
			return x - y
		}
		return strings.Compare(a, b)
	})
	return keys
}

// decimal writes a number without more digits than it has.
func decimal(v float64) string {
	return strconv.FormatFloat(v, 'f', -1, 64)
}
