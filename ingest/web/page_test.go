package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"dials/ingest/web"
)

// What looks like an end but is none is an error.
func TestGuard(t *testing.T) {
	steps := func(f ...func(*web.Guard) error) func(*web.Guard) error {
		return func(g *web.Guard) error {
			for _, f := range f {
				if err := f(g); err != nil {
					return err
				}
			}
			return g.End()
		}
	}
	page := func(hash string) func(*web.Guard) error { return func(g *web.Guard) error { return g.Page(hash) } }
	next := func(link string) func(*web.Guard) error { return func(g *web.Guard) error { return g.Next(link) } }
	total := func(n int64) func(*web.Guard) error { return func(g *web.Guard) error { g.Total(n); return nil } }
	keys := func(keys ...string) func(*web.Guard) error {
		return func(g *web.Guard) error {
			for _, k := range keys {
				g.Key(k)
			}
			return nil
		}
	}
	for _, tt := range []struct {
		name, words string
		walk        func(*web.Guard) error
	}{
		{"fine", "", steps(page("a"), total(3), keys("1", "2"), page("b"), total(3), keys("3"))},
		{"grown", "", steps(page("a"), total(2), keys("1", "2"), page("b"), total(3), keys("3"))},
		{"repeated page", "page 3 is page 1 again", steps(page("a"), page("b"), page("a"))},
		{"repeated link", "page 2 names the same next page as page 1", steps(page("a"), next("x"), page("b"), next("x"))},
		{"too many", "more than max_pages = 3", steps(page("a"), page("b"), page("c"), page("d"))},
		{"missing", "declares 3 records, and 2 came", steps(page("a"), total(3), keys("1", "2"))},
		{"twice", "declares 3 records, and 2 came, 1 of them twice", steps(page("a"), total(3), keys("1", "2"), page("b"), keys("2"))},
		{"twice on one page", "", steps(page("a"), total(3), keys("1", "2", "2"))},
		{"shrunk", "declared 5 records on the first page and 3 on the last, and 4 came", steps(page("a"), total(5), keys("1", "2", "3", "4"), page("b"), total(3))},
		{"shrunk and equal", "declared 4 records on the first page and 3 on the last, and 3 came", steps(page("a"), total(4), keys("1", "2"), page("b"), total(3), keys("4"))},
		{"moved", "others may have been passed over", steps(page("a"), keys("1", "2"), page("b"), keys("2", "3"))},
	} {
		err := tt.walk(web.NewGuard(3))
		if tt.words == "" && err != nil || tt.words != "" && (err == nil || !strings.Contains(err.Error(), tt.words)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.words)
		}
	}
}

func TestParseLink(t *testing.T) {
	got := web.ParseLink([]string{
		`<https://a/x?page=2&q=a,b;c>; rel="next", <https://a/x>; rel=first ; title="a, \"b\"", </y>;rel="prev last"`,
		`<z>; a; rel=current`, `garbage <q>; rel="next"`, `<open`,
	})
	want := map[string]string{"next": "https://a/x?page=2&q=a,b;c", "first": "https://a/x", "prev": "/y", "last": "/y", "current": "z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, " 1.5 ": 1500 * time.Millisecond, "-1": 0, "soon": 0, "NaN": 0, "1e300": 365 * 24 * time.Hour, "66975": 66975 * time.Second,
		"Sun, 22 Nov 2026 08:05:00 GMT": 5 * time.Minute, "Sun, 22 Nov 2026 07:00:00 GMT": 0, "Sunday, 22-Nov-26 08:00:30 GMT": 30 * time.Second,
	} {
		if got := web.RetryAfter(header, now); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestWalk(t *testing.T) {
	for _, tt := range []struct{ name, text, path, want string }{
		{"top", `[{"a":1},{"a":2}]`, "", `{"a":1} {"a":2} {}`},
		{"deep", `{"meta":{"total":2,"s":"x"},"data":{"items":[{"a":1.50},{"a":2}],"next":null},"end":true}`, "data.items", `{"a":1.50} {"a":2} {"end":"true","meta.s":"x","meta.total":"2"}`},
		{"map", `{"latest":"z","employees":{"1":{"id":"1"},"2":{"id":"2"}}}`, "employees.*", `1={"id":"1"} 2={"id":"2"} {"latest":"z"}`},
		{"map empty as list", `{"employees":[]}`, "employees.*", `{}`},
		{"top map", `{"1":{"id":"1"}}`, "*", `1={"id":"1"} {}`},
		{"map as list", `{"employees":[1]}`, "employees.*", `error: there is a list where an object of records should be`},
		{"list as map", `{"data":{"1":{}}}`, "data", `error: there is an object or a value where the list of records should be`},
		{"null", `{"data":null}`, "data", `{}`},
		{"gone", `{"dat":[]}`, "data", `error: the answer has no "data": check records, or the service answers differently now`},
		{"self", `{"a":1,"b":{"c":2}}`, ".", `{"a":1,"b":{"c":2}} {"a":"1","b.c":"2"}`},
		{"bom", "\ufeff[{}]", "", `{} {}`},
		{"cut", `{"data":[{"a":1},{"a"`, "data", `error: the answer is cut short`},
		{"more", `[] []`, "", `error: something follows the end of the answer`},
		{"broken", `{"data":[{"a":1},]}`, "data", `error: the answer is no JSON, or not in UTF-8`},
		{"utf8", "[{\"a\":\"\xff\"}]", "", `error: the answer is no JSON, or not in UTF-8`},
	} {
		var out []string
		meta, err := web.Walk(strings.NewReader(tt.text), tt.path, func(key string, raw []byte) error {
			if key != "" {
				key += "="
			}
			out = append(out, key+string(raw))
			return nil
		})
		text, _ := json.Marshal(meta)
		got := strings.Join(append(out, string(text)), " ")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
	mine := errors.New("mine")
	if _, err := web.Walk(strings.NewReader("[{}]"), "", func(string, []byte) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("own error: %v", err)
	}
}

func TestColumns(t *testing.T) {
	c := web.NewColumns([]string{"id", "work.start", "work", "emails.0.value", "a.b", "amount", "ok", "none", "text"})
	out := make([]string, 9)
	err := c.Read([]byte(`{"id":12345678901234567890.10,"work":{"start":"2024-01-01","x":1},"emails":[{"value":"a@b.c"},{"value":"d"}],
		"a.b":7,"amount":1E+2,"ok":true,"none":null,"text":"Gr\u00f6\u00dfe \"x\"\n","other":{"deep":1},"more":[]}`), out)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"12345678901234567890.10", "2024-01-01", `{"start":"2024-01-01","x":1}`, "a@b.c", "7", "1E+2", "true", "", "Größe \"x\"\n"}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"other", "more"}, c.Others()); diff != "" {
		t.Errorf("others (-want +got):\n%s", diff)
	}
	for _, bad := range []string{``, `[]`, `1`, `{"id":}`, `{"id":1`, `null`} {
		if err := c.Read([]byte(bad), out); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add(`<https://a/x?page=2>; rel="next", <b>; rel=last`)
	f.Add(`<a>; x="\`)
	f.Fuzz(func(t *testing.T, h string) {
		for rel, target := range web.ParseLink([]string{h}) {
			if rel == "" || !strings.Contains(h, target) {
				t.Errorf("%q: %q is %q", h, rel, target)
			}
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for _, s := range []string{"120", "-1", "1e400", "Sun, 22 Nov 2026 08:05:00 GMT", "0x1p-2", "Inf"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, h string) {
		if d := web.RetryAfter(h, now); d < 0 {
			t.Errorf("%q: %v", h, d)
		}
	})
}

// FuzzWalk compares the records and their fields with what encoding/json reads.
func FuzzWalk(f *testing.F) {
	f.Add(`{"data":[{"id":1,"work":{"start":"x"}},{"id":null,"work":7}],"total":2}`, "data", "work.start")
	f.Add(`[{"a":"\ud83d\ude00"}]`, "", "a")
	f.Add(`{"e":{"1":{"a":[1,2]}}}`, "e.*", "a.1")
	f.Add(`{"a":1e999}`, ".", "a")
	f.Fuzz(func(t *testing.T, text, path, column string) {
		if strings.Count(path, ".") > 4 || strings.Count(column, ".") > 4 {
			t.Skip()
		}
		c := web.NewColumns([]string{column})
		out := make([]string, 1)
		_, err := web.Walk(strings.NewReader(text), path, func(_ string, raw []byte) error {
			var want map[string]any
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.UseNumber()
			plain := dec.Decode(&want) == nil && want != nil
			if err := c.Read(raw, out); (err == nil) != plain {
				return fmt.Errorf("record %q: %w, and encoding/json says %v", raw, err, plain)
			}
			if v, ok := want[column].(string); ok && plain && !strings.Contains(column, ".") && strings.Count(string(raw), `"`+column+`"`) == 1 && !strings.Contains(string(raw), `\`) && out[0] != v {
				t.Errorf("record %q: %q is %q, want %q", raw, column, out[0], v)
			}
			if !utf8.ValidString(out[0]) {
				t.Errorf("record %q: %q is not UTF-8", raw, out[0])
			}
			return nil
		})
		if err == nil && !json.Valid(bytes.TrimPrefix([]byte(text), []byte("\ufeff"))) {
			t.Errorf("%q was read to its end, and is no JSON", text)
		}
		if err != nil && errors.Is(err, io.EOF) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
