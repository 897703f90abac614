package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"dials/cmd/dials/worlds"
	"dials/queries/calibration"
	"dials/queries/evidence"
)

// A calibrator simulates companies and counts their verdicts.
type calibrator struct {
	runs     int
	learn    int // companies from which it is learnt what designs can see
	seed     uint64
	keep     string    // the file of companies judged before, if any
	until    time.Time // when no more are started; zero is when all are judged
	progress func(what string, done int)
	gauges   map[string]calibration.Gauge // by dial
}

// gaugeRuns are enough companies to learn from what designs can see.
const gaugeRuns = 16

// A simulated company is one to judge, with what is so.
type simulated struct {
	company *worlds.Company
	truth   map[string]planted // by link
}

// planted is what is so of one link.
type planted struct {
	design          string
	truth, multiple float64
}

// numbers of the parts of a calibration; each draws its own companies.
const (
	partGauge = iota + 1
	partNothing
	partSomething
	partTraps
)

// names of the parts in a file that is kept, each of companies with units or with people.
const (
	gaugeUnits      = "gauge"
	gaugePeople     = "gauge on people"
	nothingUnits    = "nothing works"
	nothingPeople   = "nothing works on people"
	somethingUnits  = "something works"
	somethingPeople = "something works on people"
	trapUnits       = "traps"
)

// of simulates the company of a job.
func (c *calibrator) of(j job) simulated {
	switch j.Part {
	case gaugeUnits:
		return c.units(partGauge, j.Index, false)
	case gaugePeople:
		return c.people(partGauge, j.Index, false)
	case nothingUnits:
		return c.units(partNothing, j.Index, false)
	case nothingPeople:
		return c.people(partNothing, j.Index, false)
	case somethingUnits:
		return c.units(partSomething, j.Index, true)
	case somethingPeople:
		return c.people(partSomething, j.Index, true)
	}
	return simulated{company: worlds.OfTraps(c.seedOf(partTraps, j.Index))}
}

// lessons are the companies of which the gauges are learnt.
func (c *calibrator) lessons() []job {
	var out []job
	for i := range c.learn {
		out = append(out, job{gaugeUnits, i}, job{gaugePeople, i})
	}
	return out
}

// jobsOf are the companies of one run: one in which nothing works, each second time one in which
// something does, each third and sixth time one of people, each fourth one of traps.
func jobsOf(run int) []job {
	out := []job{{nothingUnits, run}}
	for _, p := range []struct {
		each int
		part string
	}{{2, somethingUnits}, {3, nothingPeople}, {6, somethingPeople}, {4, trapUnits}} {
		if run%p.each == 0 {
			out = append(out, job{p.part, run / p.each})
		}
	}
	return out
}

// run makes the table of as many runs as are whole when the time is up.
func (c *calibrator) run(ctx context.Context) (_ calibration.Table, err error) {
	k, err := openKeep(c.keep, keepHead{Engine: engine(), Seed: c.seed, Learn: c.learn})
	if err != nil {
		return calibration.Table{}, err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	if err := c.judgeAll(ctx, k, c.lessons()); err != nil {
		return calibration.Table{}, err
	}
	if err := c.gauge(k); err != nil {
		return calibration.Table{}, err
	}
	var jobs []job
	for i := range c.runs {
		jobs = append(jobs, jobsOf(i)...)
	}
	if err := c.judgeAll(ctx, k, jobs); err != nil {
		return calibration.Table{}, err
	}
	return c.table(k), nil
}

// table counts the runs that are whole, from the first on.
func (c *calibrator) table(k *keep) calibration.Table {
	tally := calibration.NewTally(append(worlds.Designs(), worlds.Experiment)...)
	counted := c.lessons()
	runs, volunteers, traps := 0, calibration.Trap{Name: worlds.Volunteers, About: aboutVolunteers}, newTraps()
	for ; runs < c.runs; runs++ {
		jobs := jobsOf(runs)
		if slices.ContainsFunc(jobs, func(j job) bool { _, ok := k.done[j]; return !ok }) {
			break
		}
		counted = append(counted, jobs...)
		for _, j := range jobs {
			r := k.done[j]
			switch experiments, chosen := r.split(worlds.Volunteers); j.Part {
			case trapUnits:
				for i, o := range r.Traps {
					traps[i].Add(o)
				}
			case nothingUnits:
				tally.Nothing(calibration.Company{Verdicts: r.Verdicts}, true)
			case nothingPeople:
				tally.Nothing(calibration.Company{Verdicts: experiments.Verdicts}, false)
				for _, v := range chosen.Verdicts {
					volunteers.Add(calibration.Outcome{Wrong: v.IsClaim, CannotTell: v.Result == string(evidence.CannotTell), HasNaive: true, Naive: true})
				}
			default:
				tally.Something(calibration.Company{Verdicts: experiments.Verdicts}, func(i int) calibration.Gauge { return c.gauges[experiments.Links[i]] })
			}
		}
	}
	table := tally.Table()
	for i, d := range table.Designs {
		table.Designs[i].MDE = c.gauges[worlds.DialID(d.Name, 0)].MDE()
	}
	table.Traps = append(traps, volunteers)
	table.Companies, table.Runs, table.Seed, table.Engine = len(counted), runs, c.seed, engine()
	for _, j := range counted {
		table.Seconds += k.done[j].Seconds
	}
	table.Seconds = math.Round(table.Seconds)
	return table
}

// gauge learns from companies in which nothing works what each design can see, and so
// which effects are worth planting.
func (c *calibrator) gauge(k *keep) error {
	c.gauges = map[string]calibration.Gauge{}
	verdicts := map[string][]calibration.Verdict{}
	for _, j := range c.lessons() {
		r, ok := k.done[j]
		if !ok {
			return fmt.Errorf("calibrate: there was no time to judge the %d companies from which it is learnt what designs can see", len(c.lessons()))
		}
		for i, link := range r.Links {
			verdicts[link] = append(verdicts[link], r.Verdicts[i])
		}
	}
	for link, list := range verdicts {
		g, ok := calibration.NewGauge(list)
		if ok {
			c.gauges[link] = g
		} else if link != worlds.DialID(worlds.Volunteers, 0) {
			return fmt.Errorf("calibrate: %s never has an interval: %s", link, list[0].Reason)
		}
	}
	return nil
}

// judgeAll judges the companies that were not, on all cores; the answer does not depend on how many.
func (c *calibrator) judgeAll(ctx context.Context, k *keep, jobs []job) error {
	jobs = slices.DeleteFunc(slices.Clone(jobs), func(j job) bool { _, ok := k.done[j]; return ok })
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var problem error
	next := 0
	take := func() (job, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(jobs) || ctx.Err() != nil || !c.until.IsZero() && !time.Now().Before(c.until) {
			return job{}, false
		}
		next++
		return jobs[next-1], true
	}
	finish := func(j job, r record, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			err = k.add(r)
		}
		if err != nil {
			if problem == nil {
				problem = fmt.Errorf("calibrate: %s, company %d: %w", j.Part, j.Index+1, err)
			}
			cancel()
		}
		if c.progress != nil {
			c.progress(j.Part, j.Index+1)
		}
	}
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		wg.Go(func() {
			for j, ok := take(); ok; j, ok = take() {
				r, err := c.judge(ctx, j)
				finish(j, r, err)
			}
		})
	}
	wg.Wait()
	return problem
}

// judge judges one company.
func (c *calibrator) judge(ctx context.Context, j job) (record, error) {
	start := time.Now()
	company, err := judgeCompany(ctx, c.of(j))
	if err != nil {
		return record{}, err
	}
	r := record{job: j}
	if j.Part == trapUnits {
		r.Traps, err = company.traps()
	} else {
		r.Verdicts, r.Links = company.Verdicts, company.links
	}
	r.Seconds = math.Round(time.Since(start).Seconds()*100) / 100
	return r, err
}

// split takes the verdicts of one design out.
func (r record) split(design string) (rest, taken record) {
	for i, v := range r.Verdicts {
		to := &rest
		if v.Design == design {
			to = &taken
		}
		to.Verdicts, to.Links = append(to.Verdicts, v), append(to.Links, r.Links[i])
	}
	return rest, taken
}
