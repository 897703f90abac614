package dashboards

import (
	"strings"
	"testing"
	"time"
)

func TestParseFilters(t *testing.T) {
	for _, tt := range []struct {
		query map[string]string
		want  string // canonical query, or the error
	}{
		{map[string]string{}, ""},
		{map[string]string{"period": "fy", "org": "was", "unit": "", "as_of": ""}, ""},
		{map[string]string{"period": "last-fy", "org": "now"}, "period=last-fy&org=now"},
		{map[string]string{"period": "custom", "from": "2025-03", "to": "2025-08"}, "period=custom&from=2025-03&to=2025-08"},
		{map[string]string{"from": "2025-03", "to": "2025-08"}, ""},
		{map[string]string{"unit": "a b&c", "as_of": "2026-02-28"}, "unit=a+b%26c&as_of=2026-02-28"},
		{map[string]string{"period": "month"}, `period: "month" is not one of fy, last-fy, rolling-12, custom`},
		{map[string]string{"period": "custom"}, "period=custom"},
		{map[string]string{"period": "custom", "to": "2025-08"}, "period=custom&to=2025-08"},
		{map[string]string{"period": "custom", "from": "2025-03", "to": "2025-02"}, "to: 2025-02 is before from, 2025-03"},
		{map[string]string{"from": "2025-13"}, `from: "2025-13" is not a month like 2026-01`},
		{map[string]string{"to": "x"}, `to: "x" is not a month like 2026-01`},
		{map[string]string{"as_of": "2026-02-30"}, `as_of: "2026-02-30" is not a date like 2026-10-31`},
		{map[string]string{"as_of": "9999-01-01"}, `as_of: "9999-01-01" is not a date like 2026-10-31`},
		{map[string]string{"org": "soon"}, `org: "soon" is not one of was, now`},
		{map[string]string{"locale": "de-AT"}, "locale=de-AT"},
		{map[string]string{"locale": "de;q=1"}, `locale: "de;q=1" is not a language tag like en or de-AT`},
		{map[string]string{"title": "JT-01", "type": ""}, ""},
		{map[string]string{"title": "JT-01", "location": "Graz"}, "people are counted by unit and one of job title, location or employment type: ask for job title or for location alone"},
		{map[string]string{"unit": strings.Repeat("u", 201)}, "unit: longer than 200 characters"},
	} {
		f, err := parseFilters(tt.query)
		got := f.Query()
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.query, got, tt.want)
		}
	}
}

func TestPeriod(t *testing.T) {
	date := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct {
		name   string
		start  time.Month
		filter Filters
		asOf   string
		want   string
	}{
		{"year to date", time.January, Filters{}, "2026-10-31", "FY 2026 to date: Jan to Oct 2026"},
		{"the running month does not count", time.January, Filters{}, "2026-10-30", "FY 2026 to date: Jan to Sep 2026"},
		{"early January shows the year that ended", time.January, Filters{}, "2027-01-15", "FY 2026 to date: Jan to Dec 2026"},
		{"year from July", time.July, Filters{}, "2026-10-31", "FY 2027 to date: Jul to Oct 2026"},
		{"year from July, in spring", time.July, Filters{}, "2026-03-31", "FY 2026 to date: Jul 2025 to Mar 2026"},
		{"no start month is January", 0, Filters{}, "2026-03-31", "FY 2026 to date: Jan to Mar 2026"},
		{"last year", time.April, Filters{Period: lastYear}, "2026-10-31", "FY 2026: Apr 2025 to Mar 2026"},
		{"rolling", time.January, Filters{Period: rolling12}, "2026-10-31", "Last 12 months: Nov 2025 to Oct 2026"},
		{"one month", time.January, Filters{Period: custom, From: date("2026-02-01"), To: date("2026-02-01")}, "2026-10-31", "Feb 2026: Feb 2026"},
	} {
		p := calendar{tt.start}.period(tt.filter, date(tt.asOf))
		if got := p.Name + ": " + p.Range(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
