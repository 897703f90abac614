package queries

import (
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
		{"none", "-- Page: /x. A row.\n-- class: none\n-- people: none\nselect 1", header{"Page: /x. A row.", None, ""}, ""},
		{"aggregate", "-- A.\n-- more\n-- class: aggregate\n-- people: people_n\n\nselect 1", header{"A.", Aggregate, "people_n"}, ""},
		{"any order, any space", "--A.\n--people:n\n  --  class :  pay\nselect 1", header{"A.", Pay, "n"}, ""},
		{"windows lines", "-- A.\r\n-- class: none\r\n-- people: none\r\nselect 1", header{"A.", None, ""}, ""},
		{"empty", "", header{}, "first line"},
		{"no header", "select 1", header{}, "first line"},
		{"no description", "-- class: none\n-- people: none\nselect 1", header{}, "first line"},
		{"no people", "-- A.\n-- class: none\nselect 1", header{}, "people is not declared"},
		{"no class", "-- A.\n-- people: none\nselect 1", header{}, "class is not declared"},
		{"empty class", "-- A.\n-- class:\n-- people: none\nselect 1", header{}, `class "empty"`},
		{"unknown class", "-- A.\n-- class: secret\n-- people: none\nselect 1", header{}, `class "secret"`},
		{"class twice", "-- A.\n-- class: person\n-- class: none\n-- people: none\nselect 1", header{}, "twice"},
		{"people twice", "-- A.\n-- class: none\n-- people: none\n-- people: n\nselect 1", header{}, "twice"},
		{"none with people", "-- A.\n-- class: none\n-- people: n\nselect 1", header{}, "no people"},
		{"aggregate without people", "-- A.\n-- class: aggregate\n-- people: none\nselect 1", header{}, "needs the column"},
		{"pay without people", "-- A.\n-- class: pay\n-- people: none\nselect 1", header{}, "needs the column"},
		{"people not a column", "-- A.\n-- class: pay\n-- people: count(*)\nselect 1", header{}, "not a column name"},
		{"header below the query", "-- A.\nselect 1\n-- class: none\n-- people: none", header{}, "people is not declared"},
		{"no query", "-- A.\n-- class: none\n-- people: none\n", header{}, "empty"},
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
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(header{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.TrimSpace(body) != "select 1" {
				t.Errorf("body is %q", body)
			}
		})
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add("-- A.\n-- class: none\n-- people: none\nselect 1")
	f.Add("-- A.\n-- class: pay\n-- people: n\nwith x as (select 1) select * from x")
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
		if err != nil || again != h || rest != body {
			t.Errorf("%q: parsed differently the second time", src)
		}
	})
}
