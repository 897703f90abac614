// Package demo writes the source files of a fictional company, so that Dials can
// be tried and tested on data of which the truth is known.
package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Options are the choices of one demo.
type Options struct {
	Dir       string
	Employees int       // about as many people at any time; 0 is 2,500
	Months    int       // months of data; 0 is 48
	Seed      int64     // the same seed gives the same bytes
	LastMonth time.Time // any day in the last month of data; zero is October 2026
}

// The least and the most that the planted cases have room in.
const (
	minEmployees, maxEmployees = 200, 500_000
	minMonths, maxMonths       = 40, 240
)

// withDefaults returns o complete, or says which option is out of range.
func (o Options) withDefaults() (Options, error) {
	if o.Employees == 0 {
		o.Employees = 2500
	}
	if o.Months == 0 {
		o.Months = 48
	}
	if o.LastMonth.IsZero() {
		o.LastMonth = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	}
	o.LastMonth = time.Date(o.LastMonth.Year(), o.LastMonth.Month(), 1, 0, 0, 0, 0, time.UTC)
	switch {
	case o.Dir == "":
		return o, fmt.Errorf("no folder is named")
	case o.Employees < minEmployees || o.Employees > maxEmployees:
		return o, fmt.Errorf("employees %d is not between %d and %d", o.Employees, minEmployees, maxEmployees)
	case o.Months < minMonths || o.Months > maxMonths:
		return o, fmt.Errorf("months %d is not between %d and %d", o.Months, minMonths, maxMonths)
	}
	return o, nil
}

// moments are the months in which things happen, counted from the first.
type moments struct {
	waves                                            [4]int // consultative selling
	coaching, pilot, incentive, circles              int
	reorganisation, price, mentoring, mentoringKnown int
	listening, facilities                            int
}

// A company is all that is simulated before the first file is written.
type company struct {
	opt  Options
	cal  *calendar
	when moments
	size sizes

	units     []unit
	divisions []int
	bases     [5][]int // units with a dial, by group
	seats     []seat
	emps      []employment
	persons   int
	heads     [][]office              // of each unit, once they are asked for
	staffed   map[int]map[int][]int32 // employees of each unit, by month asked for

	coaching, pilot *experiment

	waveOf, reorganised, mentored, worst                []int
	repriced                                            []bool
	revenue, orderTime, defects, handling, satisfaction *panel
}

func (c *company) key(purpose string) key { return newKey(uint64(c.opt.Seed), purpose) }

func newCompany(o Options) *company {
	c := &company{opt: o, cal: newCalendar(o.LastMonth, o.Months), staffed: map[int]map[int][]int32{}}
	t := o.Months
	c.when = moments{
		waves: [4]int{t - 22, t - 19, t - 16, t - 13}, coaching: t - 26, pilot: t - 13, incentive: t - 16,
		circles: t - 14, reorganisation: t - 13, price: t - 11, mentoring: t - 20, mentoringKnown: t - 5,
		listening: t - 2, facilities: t - 10,
	}
	c.coaching = &experiment{tactic: coachingTactic, month: c.when.coaching, months: 12, hazard: .75}
	c.pilot = &experiment{tactic: pilotTactic, month: c.when.pilot, months: 12, hazard: .5}
	c.addUnits()
	c.addSeats()
	c.addPeople()
	c.addMetrics()
	return c
}

// Write simulates the company and writes its source files, the config.toml that
// reads them and truth.json into a folder. It tells progress what it is writing.
func Write(ctx context.Context, o Options, progress func(what string)) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	if progress == nil {
		progress = func(string) {}
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	progress("simulating the company")
	c := newCompany(o)
	d := &folder{ctx: ctx, dir: o.Dir, progress: progress}
	feeds, err := c.writeSources(d)
	if err != nil {
		return err
	}
	truth, err := json.MarshalIndent(c.truth(), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "truth.json"), append(truth, '\n'), 0o644); err != nil {
		return err
	}
	// config.toml comes last: where it is, the files are complete.
	return os.WriteFile(filepath.Join(o.Dir, "config.toml"), []byte(configuration(feeds)), 0o644)
}
