package queries

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHeader(t *testing.T) {
	tests := []struct {
		name, src string
		want      header
		err       string
	}{
		{"none", "-- Page: /x. A row.\n-- topic: trust\n-- class: none\n-- people: none\nselect 1", header{about: "Page: /x. A row.", topic: TopicTrust, class: None, people: ""}, ""},
		{"aggregate", "-- A.\n-- topic: trust\n-- more\n-- class: aggregate\n-- people: people_n\n\nselect 1", header{about: "A.", topic: TopicTrust, class: Aggregate, people: "people_n"}, ""},
		{"any order, any space", "--A.\n-- topic: trust\n--people:n\n  --  class :  pay\nselect 1", header{about: "A.", topic: TopicTrust, class: Pay, people: "n"}, ""},
		{"windows lines", "-- A.\r\n-- topic: trust\r\n-- class: none\r\n-- people: none\r\nselect 1", header{about: "A.", topic: TopicTrust, class: None, people: ""}, ""},
		{"empty", "", header{}, "first line"},
		{"no header", "select 1", header{}, "first line"},
		{"no description", "-- class: none\n-- people: none\nselect 1", header{}, "first line"},
		{"no people", "-- A.\n-- topic: trust\n-- class: none\nselect 1", header{}, "people is not declared"},
		{"no class", "-- A.\n-- topic: trust\n-- people: none\nselect 1", header{}, "class is not declared"},
		{"empty class", "-- A.\n-- topic: trust\n-- class:\n-- people: none\nselect 1", header{}, `class "empty"`},
		{"unknown class", "-- A.\n-- topic: trust\n-- class: secret\n-- people: none\nselect 1", header{}, `class "secret"`},
		{"class twice", "-- A.\n-- topic: trust\n-- class: person\n-- class: none\n-- people: none\nselect 1", header{}, "twice"},
		{"people twice", "-- A.\n-- topic: trust\n-- class: none\n-- people: none\n-- people: n\nselect 1", header{}, "twice"},
		{"none with people", "-- A.\n-- topic: trust\n-- class: none\n-- people: n\nselect 1", header{}, "no people"},
		{"aggregate without people", "-- A.\n-- topic: trust\n-- class: aggregate\n-- people: none\nselect 1", header{}, "needs the column"},
		{"pay without people", "-- A.\n-- topic: trust\n-- class: pay\n-- people: none\nselect 1", header{}, "needs the column"},
		{"people not a column", "-- A.\n-- topic: trust\n-- class: pay\n-- people: count(*)\nselect 1", header{}, "not a column name"},
		{"header below the query", "-- A.\n-- topic: trust\nselect 1\n-- class: none\n-- people: none", header{}, "people is not declared"},
		{"no topic", "-- A.\n-- class: none\n-- people: none\nselect 1", header{}, "topic is not declared"},
		{"unknown topic", "-- A.\n-- topic: gossip\n-- class: none\n-- people: none\nselect 1", header{}, `topic "gossip" is not one of frame`},
		{"topic twice", "-- A.\n-- topic: pay\n-- topic: frame\n-- class: none\n-- people: none\nselect 1", header{}, "topic is declared twice"},
		{"no query", "-- A.\n-- topic: trust\n-- class: none\n-- people: none\n", header{}, "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, body, err := parseHeader(tt.src)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want an error with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(header{}, soft{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.TrimSpace(body) != "select 1" {
				t.Errorf("body is %q", body)
			}
		})
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add("-- A.\n-- topic: pay\n-- class: none\n-- people: none\nselect 1")
	f.Add("-- A.\n-- topic: pay\n-- class: pay\n-- people: n\nwith x as (select 1) select * from x")
	f.Add("--\n--:\n-- class: : none")
	f.Add("/* -- class: none */ select 1")
	f.Fuzz(func(t *testing.T, src string) {
		h, body, err := parseHeader(src)
		if err != nil {
			return
		}
		switch h.class {
		case None:
			if h.people != "" {
				t.Errorf("%q: class none with people %q", src, h.people)
			}
		case Aggregate, Pay:
			if !columnName.MatchString(h.people) {
				t.Errorf("%q: class %s with people %q", src, h.class, h.people)
			}
		case Person:
		default:
			t.Errorf("%q: class %q passed", src, h.class)
		}
		if strings.TrimSpace(body) == "" || strings.HasPrefix(strings.TrimSpace(body), "--") || !strings.HasSuffix(src, body) {
			t.Errorf("%q: body is %q", src, body)
		}
		again, rest, err := parseHeader(src)
		if err != nil || !reflect.DeepEqual(again, h) || rest != body {
			t.Errorf("%q: parsed differently the second time", src)
		}
	})
}
