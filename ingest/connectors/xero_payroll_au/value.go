package xero

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A moment is written /Date(1572566400000+0000)/ or /Date(1572566400000)/: milliseconds
// since 1970 in UTC, and the offset of the place; or as ISO 8601. Zero is none.
type moment struct{ time.Time }

var dateText = regexp.MustCompile(`^/Date\((-?\d+)([+-]\d{4})?\)/$`)

// UnmarshalJSON reads a moment.
func (m *moment) UnmarshalJSON(data []byte) error {
	*m = moment{}
	var text string
	if len(data) == 0 || data[0] != '"' {
		return nil // null
	}
	if err := json.Unmarshal(data, &text); err != nil || text == "" {
		return err
	}
	if parts := dateText.FindStringSubmatch(text); parts != nil {
		ms, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no date", text)
		}
		m.Time = time.UnixMilli(ms).UTC()
		if parts[2] != "" {
			offset, err := time.Parse("-0700", parts[2])
			if err != nil {
				return fmt.Errorf("%q is no date", text)
			}
			m.Time = m.In(offset.Location())
		}
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			m.Time = at
			return nil
		}
	}
	return fmt.Errorf("%q is no date", text)
}

// day is the day of a moment at its place.
func (m moment) day() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.DateOnly)
}

// instant is the moment in UTC.
func (m moment) instant() string {
	if m.IsZero() {
		return ""
	}
	return m.UTC().Format(time.RFC3339Nano)
}

// An amount is a decimal number as it was written: money is never a binary fraction.
type amount struct {
	rat *big.Rat
}

// UnmarshalJSON reads a number, or a text that holds one.
func (a *amount) UnmarshalJSON(data []byte) error {
	*a = amount{}
	text := strings.Trim(string(data), `" `)
	if text == "null" || text == "" {
		return nil
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/_xXpP") || len(text) > 40 {
		return fmt.Errorf("%q is no amount", text)
	}
	a.rat = r
	return nil
}

func (a amount) known() bool { return a.rat != nil }

// String writes an amount with up to four places, half away from zero.
func (a amount) String() string {
	if a.rat == nil {
		return ""
	}
	const places = 4
	s := a.rat.FloatString(places)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// times multiplies, to cents, half away from zero.
func (a amount) times(b amount) amount {
	if a.rat == nil || b.rat == nil {
		return amount{}
	}
	const cents = 2
	r, _ := new(big.Rat).SetString(new(big.Rat).Mul(a.rat, b.rat).FloatString(cents))
	return amount{rat: r}
}

// or is the first amount that is known.
func (a amount) or(others ...amount) amount {
	for _, b := range others {
		if a.known() {
			return a
		}
		a = b
	}
	return a
}

// zero says whether an amount is unknown or nothing.
func (a amount) zero() bool { return a.rat == nil || a.rat.Sign() == 0 }

// A sum identifies records.
type sum struct{ h hash.Hash }

func newSum() sum { return sum{sha256.New()} }

func (s sum) add(record []byte) { s.h.Write(record) }

func (s sum) text() string { return hex.EncodeToString(s.h.Sum(nil)) }

// A cursor is the time of the last change that was read, and which runs of that time
// and the overlap before it were read.
type cursor struct {
	at   time.Time
	done map[string]bool // id@milliseconds of the change
}

func parseCursor(text string) (cursor, error) {
	c := cursor{done: map[string]bool{}}
	if text == "" {
		return c, nil
	}
	at, ids, _ := strings.Cut(text, " ")
	var err error
	if c.at, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return c, fmt.Errorf("the cursor %q is no instant: run with --full", at)
	}
	for id := range strings.FieldsSeq(ids) {
		c.done[id] = true
	}
	return c, nil
}

// String writes the cursor, "" for none.
func (c cursor) String() string {
	if c.at.IsZero() {
		return ""
	}
	parts := append([]string{c.at.UTC().Format(time.RFC3339Nano)}, sortedKeys(c.done)...)
	return strings.Join(parts, " ")
}
