package access

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A limit allows each key so many events a minute, and a burst of a tenth.
type limit struct {
	every rate.Limit
	burst int

	mu    sync.Mutex
	byKey map[string]*counted
	swept time.Time
}

type counted struct {
	rate *rate.Limiter
	seen time.Time
}

// maxKeys bounds the memory of a limit; beyond it the ones idle for longest go.
const maxKeys = 20_000

func newLimit(perMinute int) *limit {
	return &limit{
		every: rate.Limit(float64(perMinute) / 60), burst: max(perMinute/10, 10),
		byKey: map[string]*counted{},
	}
}

// take counts one event of key, and returns how long to wait if it is one too many.
func (l *limit) take(key string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	c := l.byKey[key]
	if c == nil {
		c = &counted{rate: rate.NewLimiter(l.every, l.burst)}
		l.byKey[key] = c
	}
	c.seen = now
	if c.rate.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - c.rate.TokensAt(now)
	return max(time.Duration(missing/float64(l.every)*float64(time.Second)), time.Second), false
}

// sweep forgets keys whose bucket is full again.
func (l *limit) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute && len(l.byKey) < maxKeys {
		return
	}
	l.swept = now
	refill := time.Duration(float64(l.burst) / float64(l.every) * float64(time.Second))
	for key, c := range l.byKey {
		if now.Sub(c.seen) > refill {
			delete(l.byKey, key)
		}
	}
	if len(l.byKey) < maxKeys {
		return
	}
	for key := range l.byKey { // a flood of addresses: any may go
		if len(l.byKey) < maxKeys*9/10 {
			break
		}
		delete(l.byKey, key)
	}
}
