package dashboards

import (
	"net/url"
	"testing"
	"time"
)

// queryOf is a query string as Fiber hands it on: the last value of each name.
func queryOf(text string) map[string]string {
	values, _ := url.ParseQuery(text) // what cannot be read is left out
	query := map[string]string{}
	for name, list := range values {
		query[name] = list[len(list)-1]
	}
	return query
}

// What is read of a query string means the same when it is written and read again.
func FuzzFilters(f *testing.F) {
	f.Add("period=fy&unit=S&org=now&as_of=2026-10-31")
	f.Add("period=custom&from=2026-01&to=2026-12")
	f.Add("unit=%00%ff&period=&as_of=9999-99-99")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := parseFilters(queryOf(text))
		if err != nil {
			return
		}
		again, err := parseFilters(queryOf(read.Query()))
		if err != nil || again != read {
			t.Errorf("%q is %+v, and %q is %+v, %v", text, read, read.Query(), again, err)
		}
	})
}

// A header that the browser sends is answered, whatever it holds.
func FuzzTag(f *testing.F) {
	f.Add(`W/"abc", "def"`, "de-AT,de;q=0.8")
	f.Add("*", "")
	f.Fuzz(func(t *testing.T, tag, language string) {
		matchesTag(tag, `"abc"`)
		if l := readerLanguage(language); len(l) > 12 {
			t.Errorf("%q is read as %q", language, l)
		}
	})
}

func FuzzAuditFilter(f *testing.F) {
	f.Add("kind=view&from=2026-01-01&to=2026-01-31&before=7")
	f.Add("before=-1&from=0000-00-00")
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := auditFilter(queryOf(text), time.UTC)
		if err == nil && filter.Before < 0 {
			t.Errorf("%q is %+v", text, filter)
		}
	})
}
