package access

import (
	"context"
	"sync"
	"time"
)

// slowness makes guessing slow without locking anybody out: every attempt is
// answered in the end, the later the more attempts failed before it.
type slowness struct {
	// wait pauses, or returns early with ctx's error.
	wait func(ctx context.Context, d time.Duration) error

	mu       sync.Mutex
	failures map[string]failure
}

type failure struct {
	n    int
	last time.Time
}

const (
	// memoryOfFailures is after how long a failure no longer counts.
	memoryOfFailures = 15 * time.Minute
	// freeFailures are those of a hand that slipped.
	freeFailures = 3
	slowAccount  = 4 * time.Second // the longest wait for an account
	slowAddress  = 8 * time.Second // and for an address
)

func newSlowness(wait func(context.Context, time.Duration) error) *slowness {
	if wait == nil {
		wait = pause
	}
	return &slowness{wait: wait, failures: map[string]failure{}}
}

// pause waits for d.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func accountKey(name string) string    { return "account " + name }
func addressKey(address string) string { return "address " + address }

// delay returns how long an attempt waits. Names that are no account wait as long.
func (s *slowness) delay(name, address string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(
		delayAfter(s.count(accountKey(name), now), slowAccount),
		delayAfter(s.count(addressKey(address), now)/3, slowAddress),
	)
}

// delayAfter is a quarter of a second, doubled with every failure.
func delayAfter(failures int, most time.Duration) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(250*time.Millisecond<<min(failures-freeFailures, 10), most)
}

func (s *slowness) count(key string, now time.Time) int {
	if f := s.failures[key]; now.Sub(f.last) < memoryOfFailures {
		return f.n
	}
	return 0
}

// failed counts a failed attempt; it is counted before the password is checked, so
// that many at once wait too.
func (s *slowness) failed(name, address string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) >= maxKeys {
		s.forget(now)
	}
	for _, key := range []string{accountKey(name), addressKey(address)} {
		s.failures[key] = failure{s.count(key, now) + 1, now}
	}
}

// forget makes room: first of what no longer counts, then of any.
func (s *slowness) forget(now time.Time) {
	for key := range s.failures {
		if s.count(key, now) == 0 {
			delete(s.failures, key)
		}
	}
	for key := range s.failures {
		if len(s.failures) < maxKeys*9/10 {
			break
		}
		delete(s.failures, key)
	}
}

// succeeded forgets the failures of an account, and this attempt of the address.
func (s *slowness) succeeded(name, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.failures, accountKey(name))
	if f := s.failures[addressKey(address)]; f.n > 0 {
		f.n--
		s.failures[addressKey(address)] = f
	}
}
