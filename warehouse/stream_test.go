package warehouse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStreams(t *testing.T) {
	streams, err := Streams()
	if err != nil {
		t.Fatal(err)
	}
	if len(streams) < 50 {
		t.Errorf("Streams() holds %d streams, want every table of the domain", len(streams))
	}
	s, err := StreamByName("employment")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"employment_id", "valid_from"}, s.FullKey()); diff != "" {
		t.Errorf("FullKey (-want +got):\n%s", diff)
	}
	c, _ := s.Column("employment_type")
	want := Column{
		Name: "employment_type", Type: "VARCHAR", Kind: OneOf, Required: true,
		OneOf:   []string{"employee", "contractor", "intern", "agency"},
		Meaning: "kind of contract; headcount is employees alone",
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("employment_type (-want +got):\n%s", diff)
	}
	if _, err := StreamByName("employee"); err == nil {
		t.Error("StreamByName of an unknown stream gave no error")
	}
}

// Every mistake is reported at once.
func TestParseStreamsRefuses(t *testing.T) {
	_, err := parseStreams(`
[[stream]]
name = "a"
key = ["id"]
colour = "red"
end_column = "x"
columns = """
x text        one
x text        two
y money       three
z one_of      four
w text ->b    five
"""
[[stream]]
name = "a"
columns = "id text! the id"
`)
	if err == nil {
		t.Fatal("parseStreams accepted it")
	}
	for _, want := range []string{
		"unknown key stream.colour", "key column id is not declared", "column x is declared twice",
		`type "money" is unknown`, "column z: a list of values", `refers to "b"`, "a is declared twice",
		"end_column x is not a date column", "a: key is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func FuzzParseColumn(f *testing.F) {
	f.Add("status one_of(a|b)! ->person  meaning")
	f.Add("x text")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := parseColumn(line)
		if err == nil && (c.Name == "" || c.Type == "") {
			t.Errorf("parseColumn(%q) = %+v", line, c)
		}
	})
}
