package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule runs each source that has a schedule at its times in the time zone,
// until ctx ends; then it waits for the runs in progress. A time that comes while
// the source's earlier run still works is left out. Sources without a schedule
// are left alone.
func Schedule(ctx context.Context, sources []*Source, zone *time.Location, run func(context.Context, *Source)) error {
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for _, s := range sources {
		if s.Schedule == "" {
			continue
		}
		times, err := parseSchedule(s.Schedule)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.Name, err)
		}
		waiting.Go(func() {
			for sleepUntil(ctx, times.Next(time.Now().In(zone))) {
				run(ctx, s)
			}
		})
	}
	<-ctx.Done()
	return nil
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
	if t.IsZero() {
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
