package http_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"dials/ingest"
	connector "dials/ingest/connectors/http"
	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

func TestMain(m *testing.M) { ingesttest.Main(m, map[string]ingest.New{"http": connector.New}) }

// Killed at any request, and run again, a source is where an undisturbed run leaves it.
func TestKilledAtRequests(t *testing.T) {
	t.Setenv("HR_USER", ingesttest.Secret)
	t.Setenv("HR_TOKEN", ingesttest.Secret)
	k := &ingesttest.Killing{}
	var version atomic.Int64
	f := faulttest.New(t, func(w http.ResponseWriter, r *http.Request) {
		k.Asked()
		ids := span(1, 25)
		if version.Load() == 2 {
			ids = append(span(2, 23), 30, 31)
		}
		paged(ids, 5, func(_, _ int, records string) (string, []string) {
			return fmt.Sprintf(`{"data":[%s]}`, records), nil
		})(w, r)
	})
	k.Version = func(n int) { version.Store(int64(n)) }
	k.Config = source(f.URL, absences(`page = { kind = "offset" }`+"\n"+`cursor = { field = "updatedAt", param = "since" }`))
	k.Kills(t)
}
