package dashboards

import (
	"strings"
	"testing"

	"dials/queries"
)

// The digest is page 1: its sentences and numbers, with the filters in its head, and
// what a policy may not see is not in it.
func TestDigest(t *testing.T) {
	w := fixture(t)
	write, err := NewDigest(Options{DB: w.DB(), Company: fixtureCompany, Clock: clock}, "https://dials.example.com")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := queries.PolicyAs("executive")
	if err != nil {
		t.Fatal(err)
	}
	d, err := write(t.Context(), policy, "", "")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(d.HTML, "<h1>")
	for _, want := range []string{"Northwind Instruments", "FY 2026", "All units"} {
		if !strings.Contains(head, want) {
			t.Errorf("%q is not in the head %s", want, head)
		}
	}
	for _, text := range []string{d.HTML, d.Text} {
		for _, want := range []string{"Revenue", "Voluntary turnover", "Handling time", "How we know", "https://dials.example.com/"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %.400s", want, text)
			}
		}
	}
	if d.Title == "" || strings.Contains(d.HTML, "<script") || strings.Contains(d.HTML, "<style") || strings.Contains(d.HTML, "class=") {
		t.Errorf("title %q of a digest that is not plain", d.Title)
	}
	sales, err := queries.PolicyAs("executive:sales")
	if err != nil {
		t.Fatal(err)
	}
	part, err := write(t.Context(), sales, "", "last-fy")
	if err != nil {
		t.Fatal(err)
	}
	if head, _, _ := strings.Cut(part.HTML, "<h1>"); !strings.Contains(head, "Sales") || !strings.Contains(head, "FY 2025") {
		t.Errorf("the head does not say its filters: %s", head)
	}
	if _, err := write(t.Context(), sales, "ops", ""); err == nil {
		t.Error("a unit that is not theirs was mailed")
	}
	nobody, err := queries.PolicyAs("dpo")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := write(t.Context(), nobody, "", ""); err == nil {
		t.Error("page 1 was mailed to somebody who may not open it")
	}
}
