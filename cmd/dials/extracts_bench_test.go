package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkPagesBesideDownloads measures page 1, nothing of it cached, while eight
// clients take away extracts that nobody took before, and while four ask over Flight SQL
// what takes as long as it may.
func BenchmarkPagesBesideDownloads(b *testing.B) {
	bin := buildDials(b)
	for range b.N {
		config := filepath.Join(b.TempDir(), "demo", "config.toml")
		mustRun(b, bin, "demo", filepath.Dir(config))
		mustRun(b, bin, "sync", "--config", config)
		flight := openFlight(b, config)
		address := startServer(b, bin, config)
		fetch(b, address+"/", "") // opens the file
		pages := coldPages(address)
		idle := p95(timedPages(b, pages[:20]))

		ctx, stop := context.WithCancel(b.Context())
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					month := time.Date(2019, time.Month(1+client+8*n), 1, 0, 0, 0, 0, time.UTC)
					ending := []string{"parquet", "arrows", "csv", "json"}[(client+n)%4]
					take(ctx, fmt.Sprintf("%s/extracts/dial_monthly.%s?from=%s", address, ending, month.Format("2006-01")))
				}
			})
		}
		busy := p95(timedPages(b, pages[20:]))
		stop()
		clients.Wait()
		row(b, "page 1, nothing cached, beside 8 downloads, p95; idle "+idle.Round(time.Millisecond).String(), busy, 2*idle)

		ctx, stop = context.WithCancel(b.Context())
		for client := range 4 {
			token := strings.TrimSpace(mustRun(b, bin, "token", "create", "--config", config, "--scope", "sql:read", "--unit", "*", "--purpose", fmt.Sprint("live report ", client)))
			if _, err := flight.ask(b, token, "select count(*) from dial_monthly"); err != nil {
				b.Fatal(err)
			}
			clients.Go(func() {
				for ctx.Err() == nil {
					_, _ = flight.ask(b, token, "select sum(a.n * b.n) from dial_monthly a, dial_monthly b where a.n <> b.n") // it may take too long: that is an end too
				}
			})
		}
		busy = p95(timedPages(b, other(pages[20:])))
		stop()
		row(b, "page 1, nothing cached, beside 4 readers by Flight SQL, p95; idle "+idle.Round(time.Millisecond).String(), busy, 2*idle)
		clients.Wait()
	}
}

// other are the same pages by units as they are now, of which nothing is cached either.
func other(pages []string) []string {
	var urls []string
	for _, url := range pages {
		urls = append(urls, url+"&org=now")
	}
	return urls
}

func timedPages(b *testing.B, urls []string) []time.Duration {
	var took []time.Duration
	for _, url := range urls {
		_, t := fetch(b, url, "")
		took = append(took, t)
	}
	return took
}

// take downloads a file and throws it away.
func take(ctx context.Context, url string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // the benchmark is over
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
}
