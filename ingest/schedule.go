package ingest

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// A Scheduler runs sources at the times of their schedules.
type Scheduler struct {
	Zone   *time.Location // of schedules without a time zone of their own
	Jitter time.Duration  // the most that a run begins later than its time
	// Last tells when a source last began to run, the zero time if it never did. A
	// time that was missed since then is made good at once, however many were.
	Last func(ctx context.Context, source string) (time.Time, error)
	Run  func(context.Context, *Source)
}

// Schedule runs each source that has a schedule at its times, until ctx ends; then it
// waits for the runs in progress. A time that comes while the source's earlier run
// still works is left out. Sources without a schedule are left alone.
func (s Scheduler) Schedule(ctx context.Context, sources []*Source) error {
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for _, source := range sources {
		if source.Schedule == "" {
			continue
		}
		times, err := parseSchedule(source.Schedule)
		if err != nil {
			return fmt.Errorf("source %s: %w", source.Name, err)
		}
		zone, err := source.zone(s.Zone)
		if err != nil {
			return err
		}
		var last time.Time
		if s.Last != nil {
			if last, err = s.Last(ctx, source.Name); err != nil {
				return fmt.Errorf("source %s: %w", source.Name, err)
			}
		}
		waiting.Go(func() {
			at := nextTime(times, time.Now().In(zone))
			if missed(times, last.In(zone), time.Now()) {
				at = time.Now()
			}
			for sleepUntil(ctx, at.Add(delay(source.Name, s.Jitter))) {
				s.Run(ctx, source)
				at = nextTime(times, time.Now().In(zone))
			}
		})
	}
	<-ctx.Done()
	return nil
}

// missed says whether a time has come since the last run.
func missed(times cron.Schedule, last, now time.Time) bool {
	if last.IsZero() {
		return false // it was never run: that is for a person to begin
	}
	next := nextTime(times, last)
	return !next.IsZero() && next.Before(now)
}

// nextTime is the next time of a schedule. Where the clock jumps over it, it is the
// same instant by the clock before the jump: no run is lost.
func nextTime(times cron.Schedule, now time.Time) time.Time {
	next := times.Next(now)
	if next.IsZero() {
		return next
	}
	_, before := now.Zone()
	if _, after := next.Zone(); after < before {
		return next
	}
	fixed := times.Next(now.In(time.FixedZone("", before)))
	for !fixed.IsZero() && fixed.Before(next) {
		local := fixed.In(now.Location())
		if _, offset := local.Zone(); offset > before && local.Add(-time.Duration(offset-before)*time.Second).Before(transition(local, before)) {
			return local
		}
		fixed = times.Next(fixed)
	}
	return next
}

// transition is the instant at which the clock's offset stops being before.
func transition(t time.Time, before int) time.Time {
	from, to := t.Add(-26*time.Hour), t
	if _, o := from.Zone(); o != before {
		return from
	}
	for to.Sub(from) > time.Second {
		mid := from.Add(to.Sub(from) / 2)
		if _, o := mid.Zone(); o == before {
			from = mid
		} else {
			to = mid
		}
	}
	return to
}

// delay is by how much the runs of a source begin later: always the same for one
// source, another for each, so that not all begin in one second.
func delay(source string, most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(source))
	return time.Duration(h.Sum64()%uint64(most/time.Millisecond+1)) * time.Millisecond
}

// zone is the time zone of the source's schedule.
func (s *Source) zone(company *time.Location) (*time.Location, error) {
	if s.Timezone == "" {
		return company, nil
	}
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil || s.Timezone == "Local" {
		return nil, fmt.Errorf("timezone %q is no time zone such as Europe/Berlin", s.Timezone)
	}
	return zone, nil
}

// Cron is the schedule with its time zone, where that is not the company's.
func (s *Source) Cron() string {
	if s.Schedule == "" || s.Timezone == "" {
		return s.Schedule
	}
	return "CRON_TZ=" + s.Timezone + " " + s.Schedule
}

// parseSchedule reads a cron line of five fields, or @daily and the like.
func parseSchedule(line string) (cron.Schedule, error) {
	times, err := cron.ParseStandard(line)
	if err != nil {
		return nil, fmt.Errorf("schedule %q is not a cron line such as \"15 2 * * *\": %w", line, err)
	}
	return times, nil
}

// sleepUntil waits for t and reports whether it came before ctx ended. The zero
// time, which cron gives for a date that never comes, only ends with ctx.
func sleepUntil(ctx context.Context, t time.Time) bool {
	if t.Year() < 2000 {
		<-ctx.Done()
		return false
	}
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
