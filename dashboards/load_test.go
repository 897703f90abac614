package dashboards

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/queries"
	"dials/warehouse"
)

// divided is the large company in 50 divisions of 50 units.
func divided(b *testing.B) *warehouse.Warehouse {
	b.Helper()
	w := large(b)
	if err := fill(w, []string{
		`insert into marts.units (unit_id, name, unit_type, depth, is_current) select 'd' || i, 'Division ' || i, 'division', 0, true from range(50) as r(i)`,
		`update marts.units set parent_id = 'd' || (unit_id[2:]::integer // 50) where unit_id like 'u%'`,
		`insert into marts.access_units (ancestor_id, unit_id) select unit_id, unit_id from marts.units union all select parent_id, unit_id from marts.units where parent_id is not null`,
		`insert into marts.unit_scope (view_name, ancestor_id, unit_id, valid_from, valid_to, share)
			select v, a.ancestor_id, a.unit_id, date '1900-01-01', date '9999-12-31', 1 from marts.access_units as a, (values ('as_was'), ('as_now')) as w(v) where a.ancestor_id like 'd%'`,
	}); err != nil {
		b.Fatal(err)
	}
	return w
}

// entered grants a role over units to n readers and returns their cookies.
func entered(b *testing.B, doors *access.Access, n int, grant func(i int) (queries.Role, []string)) []string {
	b.Helper()
	cookies := make([]string, n)
	for i := range n {
		id := access.Identity{Issuer: "https://login.example.com", Subject: fmt.Sprint("reader ", i)}
		role, units := grant(i)
		if _, err := doors.Store.AddGrant(access.Grant{To: access.Principal{Identity: id}, Role: role, Units: units, From: "2026-01-01"}); err != nil {
			b.Fatal(err)
		}
		name, value := doors.Enter(id, id.Subject)
		cookies[i] = "Cookie: " + name + "=" + value
	}
	return cookies
}

// BenchmarkGatedPage is a cold page 1 of a large company, for a reader of everything
// and for one of a division: the budget holds with the gate on. One run is 20 cold pages.
func BenchmarkGatedPage(b *testing.B) {
	w := divided(b)
	for name, units := range map[string][]string{"everything": {queries.EveryUnit}, "a division": {"d7"}, "three divisions": {"d7", "d11", "d12"}} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				for range 20 {
					app, doors := guarded(b, w)
					cookie := entered(b, doors, 1, func(int) (queries.Role, []string) { return queries.Executive, units })[0]
					get(b, app, "/definitions", cookie) // opens what is opened once
					begin := time.Now()
					if resp, body := get(b, app, "/", cookie); resp.StatusCode != http.StatusOK {
						b.Fatal(resp.Status, text(body))
					}
					took = append(took, time.Since(begin))
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "ms-p95")
		})
	}
}

// BenchmarkLoad is 1,000 readers who signed in, of six roles and 51 scopes, who
// open pages 50 times a second for 20 seconds.
func BenchmarkLoad(b *testing.B) {
	const readers, perSecond, seconds = 1000, 50, 20
	app, doors := guarded(b, divided(b))
	roles := []queries.Role{queries.Executive, queries.Learning, queries.HR, queries.Finance, queries.Analyst, queries.Executive}
	cookies := entered(b, doors, readers, func(i int) (queries.Role, []string) {
		if i%4 == 0 {
			return roles[i/4%len(roles)], []string{fmt.Sprint("d", i%50)}
		}
		return roles[i%len(roles)], []string{queries.EveryUnit}
	})
	address := listening(b, app)
	paths := []string{"/", "/", "/strategic-results?period=last-fy", "/impact", "/tactics", "/workforce", "/definitions"}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}
	ask := func(cookie, path string) time.Duration {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address+path, nil)
		if err != nil {
			b.Error(err)
			return 0
		}
		req.Header.Set("Cookie", cookie[len("Cookie: "):])
		req.Header.Set("Accept-Encoding", "gzip")
		begin := time.Now()
		resp, err := client.Do(req)
		if err != nil {
			b.Error(err)
			return 0
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusForbidden {
			b.Error(path, resp.Status, err)
		}
		return time.Since(begin)
	}
	for i, cookie := range cookies { // warm: each scope's pages have been seen once
		if i%4 == 0 && i < 1000 || i < 24 {
			for _, path := range paths {
				ask(cookie, path)
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		var mu sync.Mutex
		var took []time.Duration
		var open sync.WaitGroup
		tick := time.NewTicker(time.Second / perSecond)
		for range perSecond * seconds {
			<-tick.C
			cookie, path := cookies[rng.IntN(readers)], paths[rng.IntN(len(paths))]
			open.Go(func() {
				d := ask(cookie, path)
				mu.Lock()
				defer mu.Unlock()
				took = append(took, d)
			})
		}
		tick.Stop()
		open.Wait()
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
	}
}

// listening serves app on a port of this machine.
func listening(b *testing.B, app *fiber.App) string {
	b.Helper()
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(l) }()
	b.Cleanup(func() {
		if err := app.ShutdownWithContext(context.Background()); err != nil {
			b.Error(err)
		}
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}
