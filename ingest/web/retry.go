package web

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads the header of that name: seconds or a date, by the service's clock.
// What is neither, or lies in the past, is 0.
func RetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if n, err := strconv.ParseFloat(header, 64); err == nil {
		const most = 365 * 24 * 3600
		if !(n > 0) {
			return 0
		}
		return time.Duration(min(n, most) * float64(time.Second))
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

// backoff is how long to wait before attempt n+1: what the service asks for, or twice
// as long each time, up to a minute, with jitter so that clients do not come in step.
func (c *Client) backoff(least, most time.Duration, n int, r *http.Response) time.Duration {
	var a *asking
	if r != nil && r.Request != nil {
		a = askingOf(r.Request.Context())
	} else {
		a = &asking{verdict: Verdict{Class: Retry}}
	}
	if a.verdict.Class == Auth {
		return 0 // with a new token
	}
	wait := min(most, least<<min(n, 16))
	wait = wait/2 + time.Duration(rand.Int64N(int64(wait/2)+1))
	if a.verdict.Class == Throttle {
		wait *= 2
	}
	if a.verdict.Wait > 0 {
		// A little later than asked: all clients were told the same.
		wait = a.verdict.Wait + time.Duration(rand.Int64N(int64(min(a.verdict.Wait/10, time.Second))+1))
	}
	if a.verdict.Class == Throttle {
		c.hold(wait)
	}
	return wait
}
