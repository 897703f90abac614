package ingest

import (
	"context"
	"strings"
	"testing"
	"time"
)

// The next time is that of the zone, also where the clock jumps.
func TestParseSchedule(t *testing.T) {
	sydney, err := time.LoadLocation("Australia/Sydney")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, line, from, want string
		wantErr                string
	}{
		{name: "daily", line: "15 2 * * *", from: "2026-03-01T12:00:00+11:00", want: "2026-03-02T02:15:00+11:00"},
		{name: "before the clock goes forward", line: "15 4 * * *", from: "2026-10-03T12:00:00+10:00", want: "2026-10-04T04:15:00+11:00"},
		{name: "in the hour that the clock leaves out", line: "30 2 * * *", from: "2026-10-03T12:00:00+10:00", want: "2026-10-04T03:30:00+11:00"},
		{name: "after that", line: "30 2 * * *", from: "2026-10-04T03:31:00+11:00", want: "2026-10-05T02:30:00+11:00"},
		{name: "before the clock goes back", line: "30 2 * * *", from: "2026-04-04T12:00:00+11:00", want: "2026-04-05T02:30:00+11:00"},
		{name: "twice in the hour that comes twice, which hurts nobody", line: "30 2 * * *", from: "2026-04-05T02:31:00+11:00", want: "2026-04-05T02:30:00+10:00"},
		{name: "monthly", line: "0 6 1 * *", from: "2026-12-15T00:00:00+11:00", want: "2027-01-01T06:00:00+11:00"},
		{name: "a word", line: "@hourly", from: "2026-03-01T12:10:00+11:00", want: "2026-03-01T13:00:00+11:00"},
		{name: "four fields", line: "15 2 * *", wantErr: `schedule "15 2 * *" is not a cron line`},
		{name: "no such hour", line: "15 26 * * *", wantErr: `schedule "15 26 * * *" is not a cron line`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			times, err := parseSchedule(tt.line)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("parseSchedule(%q) error = %v, want %q", tt.line, err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			from, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := nextTime(times, from.In(sydney)).Format(time.RFC3339); got != tt.want {
				t.Errorf("after %s: %s, want %s", tt.from, got, tt.want)
			}
		})
	}
}

// Sources without a schedule never run; the end of the context ends the schedule.
func TestScheduleEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := Scheduler{Zone: time.UTC, Run: func(context.Context, *Source) { t.Error("a source ran") }}
	err := s.Schedule(ctx, []*Source{{Name: "by hand"}, {Name: "yearly", Schedule: "0 0 1 1 *"}})
	if err != nil {
		t.Error(err)
	}
	if err := s.Schedule(t.Context(), []*Source{{Name: "odd", Schedule: "often"}}); err == nil {
		t.Error("a schedule that is no cron line is no error")
	}
}

// A server that was down makes one missed run good at once; one that never ran waits.
func TestMissed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ran []string
	s := Scheduler{
		Zone: time.UTC,
		Last: func(_ context.Context, source string) (time.Time, error) {
			switch source {
			case "late":
				return time.Now().Add(-50 * time.Hour), nil
			case "fresh":
				return time.Now(), nil
			}
			return time.Time{}, nil
		},
		Run: func(_ context.Context, s *Source) {
			ran = append(ran, s.Name)
			cancel()
		},
	}
	line := time.Now().UTC().Add(-time.Hour).Format("4 15 * * *")
	if err := s.Schedule(ctx, []*Source{{Name: "late", Schedule: line}, {Name: "fresh", Schedule: line}, {Name: "never", Schedule: line}}); err != nil {
		t.Fatal(err)
	}
	if len(ran) != 1 || ran[0] != "late" {
		t.Errorf("ran %v", ran)
	}
}

// Each source has its own delay, always the same.
func TestDelay(t *testing.T) {
	a, b, again := delay("a", time.Minute), delay("b", time.Minute), delay("a", time.Minute)
	if delay("a", 0) != 0 || a != again || a == b || a > time.Minute {
		t.Error(a, b, again)
	}
}
