package extracts

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dials/queries"
)

// Rows about people leave for who may see them and says why; each taking is witnessed
// before it begins, and nothing of it is kept.
func TestRowsAboutPeople(t *testing.T) {
	s := newSite(t,
		"insert into marts.access_people by name select unnest(['P1', 'P2', 'P3']) as person_id, unnest(['A', 'A', 'B']) as unit_id",
		"insert into marts.access_units by name select unnest(['A', 'B', '*', '*']) as ancestor_id, unnest(['A', 'B', 'A', 'B']) as unit_id",
		"insert into marts.learning_people by name select unnest(['P1', 'P2', 'P3']) as person_id, unnest(['E1', 'E2', 'E3']) as enrolment_id, 'C' as course_id, unnest(['A', 'A', 'B']) as unit_at_day")
	var seen []queries.Viewed
	var refuse error
	s.server.Persons = s.server.Marts.Audited(func(_ context.Context, v queries.Viewed) error {
		seen = append(seen, v)
		return refuse
	})
	hr := queries.Policy{Roles: []queries.Role{queries.HR}, Units: []string{queries.EveryUnit}}
	for name, tt := range map[string]struct {
		reader queries.Reader
		query  string
		status int
		people []string
	}{
		"hr":                   {queries.Reader{Policy: hr}, "?reason=audit+of+2026", 200, []string{"P1", "P2", "P3"}},
		"a token's purpose":    {queries.Reader{Policy: hr, Reason: "audit of 2026"}, "", 200, []string{"P1", "P2", "P3"}},
		"hr of one unit asked": {queries.Reader{Policy: hr}, "?reason=audit+of+2026&unit=B", 200, []string{"P3"}},
		"learning of a unit":   {queries.Reader{Policy: queries.Policy{Roles: []queries.Role{queries.Learning}, Units: []string{"A"}}}, "?reason=audit+of+2026", 200, []string{"P1", "P2"}},
		"hr without a reason":  {queries.Reader{Policy: hr}, "", 400, nil},
		"learning of two":      {queries.Reader{Policy: queries.Policy{Roles: []queries.Role{queries.Learning}, Units: []string{"A", "B"}}}, "?reason=audit+of+2026", 200, []string{"P1", "P2", "P3"}},
		"the second of two":    {queries.Reader{Policy: queries.Policy{Roles: []queries.Role{queries.Learning}, Units: []string{"A", "B"}}}, "?reason=audit+of+2026&unit=B", 200, []string{"P3"}},
		"analyst":              {queries.Reader{Policy: queries.Policy{Roles: []queries.Role{queries.Analyst}, Units: []string{"*"}}, Reason: "audit of 2026"}, "", 403, nil},
		"loopback":             {queries.Reader{Policy: queries.OpenPolicy(false), Reason: "audit of 2026"}, "", 403, nil},
	} {
		*s.reader, seen = tt.reader, nil
		for _, ending := range []string{"csv", "parquet"} {
			resp, body := s.get(t, http.MethodGet, "/extracts/enrolments."+ending+tt.query)
			if resp.StatusCode != tt.status && (tt.status != 403 || resp.StatusCode < 400) {
				t.Errorf("%s, %s: %d %.200s", name, ending, resp.StatusCode, body)
			}
			for _, person := range tt.people {
				if ending == "csv" && !strings.Contains(string(body), person) {
					t.Errorf("%s: without %s: %s", name, person, body)
				}
			}
		}
		var people []string
		for _, v := range seen[:min(len(seen), 1)] {
			people = v.People
			if v.Reader.Reason != "audit of 2026" || v.Rows != len(people) {
				t.Errorf("%s: witnessed %+v", name, v)
			}
		}
		if diff := cmp.Diff(tt.people, people); diff != "" || tt.people != nil && len(seen) != 2 {
			t.Errorf("%s: witnessed %d times, %s", name, len(seen), diff)
		}
	}
	*s.reader, refuse = queries.Reader{Policy: hr, Reason: "audit of 2026"}, errors.New("the audit is full")
	if resp, body := s.get(t, http.MethodGet, "/extracts/enrolments.csv"); resp.StatusCode < 500 || strings.Contains(string(body), "P1") {
		t.Errorf("without a witness: %d %s", resp.StatusCode, body)
	}
	if left, err := os.ReadDir(s.server.Dir); err != nil || len(left) > 0 {
		t.Errorf("kept: %v %v", left, err)
	}
	e := &Export{Name: "people", To: t.TempDir(), As: "hr", Extracts: []string{"enrolments"}}
	if _, err := s.writer(t, nil).Write(t.Context(), e); !errors.Is(err, queries.ErrNotAllowed) && !errors.Is(err, queries.ErrNoReason) {
		t.Errorf("people on a schedule: %v", err)
	}
}
