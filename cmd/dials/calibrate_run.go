package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"

	"dials/cmd/dials/worlds"
	"dials/queries/calibration"
)

// A calibrator simulates companies and counts their verdicts.
type calibrator struct {
	runs     int
	learn    int // companies from which it is learnt what designs can see
	seed     uint64
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

// names of the parts of a calibration; each draws its own companies.
const (
	partGauge = iota + 1
	partNothing
	partSomething
	partTraps
)

// run makes the table.
func (c *calibrator) run(ctx context.Context) (calibration.Table, error) {
	if err := c.gauge(ctx); err != nil {
		return calibration.Table{}, err
	}
	tally := calibration.NewTally(append(worlds.Designs(), worlds.Experiment)...)
	volunteers, n, err := c.nothing(ctx, tally)
	if err != nil {
		return calibration.Table{}, err
	}
	more, err := c.something(ctx, tally)
	if err != nil {
		return calibration.Table{}, err
	}
	table := tally.Table()
	for i, d := range table.Designs {
		g := c.gauges[worlds.DialID(d.Name, 0)]
		table.Designs[i].MDE = g.MDE()
	}
	traps, most, err := c.traps(ctx)
	if err != nil {
		return calibration.Table{}, err
	}
	table.Traps = append(traps, volunteering(volunteers))
	table.Companies, table.Runs, table.Seed = 2*c.learn+n+more+most, c.runs, c.seed
	return table, nil
}

// nothing counts companies in which nothing works, and returns the people who came forward.
func (c *calibrator) nothing(ctx context.Context, tally *calibration.Tally) (volunteers []judged, n int, err error) {
	units, err := c.judgeAll(ctx, "nothing works", c.runs, func(i int) simulated { return c.units(partNothing, i, false) })
	if err != nil {
		return nil, 0, err
	}
	people, err := c.judgeAll(ctx, "nothing works on people", (c.runs+2)/3, func(i int) simulated { return c.people(partNothing, i, false) })
	if err != nil {
		return nil, 0, err
	}
	for _, j := range units {
		tally.Nothing(j.Company, true)
	}
	for _, j := range people {
		experiments, chosen := j.split(worlds.Volunteers)
		tally.Nothing(experiments.Company, false)
		volunteers = append(volunteers, chosen)
	}
	return volunteers, len(units) + len(people), nil
}

// something counts companies in which something works.
func (c *calibrator) something(ctx context.Context, tally *calibration.Tally) (n int, err error) {
	units, err := c.judgeAll(ctx, "something works", (c.runs+1)/2, func(i int) simulated { return c.units(partSomething, i, true) })
	if err != nil {
		return 0, err
	}
	people, err := c.judgeAll(ctx, "something works on people", (c.runs+5)/6, func(i int) simulated { return c.people(partSomething, i, true) })
	if err != nil {
		return 0, err
	}
	for _, j := range append(units, people...) {
		j, _ = j.split(worlds.Volunteers)
		tally.Something(j.Company, func(i int) calibration.Gauge { return c.gauges[j.links[i]] })
	}
	return len(units) + len(people), nil
}

// gauge learns from companies in which nothing works what each design can see, and so
// which effects are worth planting.
func (c *calibrator) gauge(ctx context.Context) error {
	c.gauges = map[string]calibration.Gauge{}
	units, err := c.judgeAll(ctx, "gauge", c.learn, func(i int) simulated { return c.units(partGauge, i, false) })
	if err != nil {
		return err
	}
	people, err := c.judgeAll(ctx, "gauge on people", c.learn, func(i int) simulated { return c.people(partGauge, i, false) })
	if err != nil {
		return err
	}
	verdicts := map[string][]calibration.Verdict{}
	for _, j := range append(units, people...) {
		for i, link := range j.links {
			verdicts[link] = append(verdicts[link], j.Verdicts[i])
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

// worthOfMDE is the smallest effect worth having, of the smallest that is seen 4 times in 5: tests are
// built to tell whether there is one.
const worthOfMDE = 1.5

func (c *calibrator) worth(scale func(dial int) float64) func(design string, dial int) float64 {
	return func(design string, dial int) float64 {
		g, ok := c.gauges[worlds.DialID(design, dial)]
		if !ok {
			return 0.1 // not known yet
		}
		return worthOfMDE * g.MDE() / scale(dial)
	}
}

// multiple is what an effect is of the MDE, 0 for none: of each tactic one dial
// moves, and dials and multiples take turns.
func multiple(i, tactic, dial int) float64 {
	if (i+tactic)%3 != dial {
		return 0
	}
	m := calibration.Multiples()
	return m[(i/3+tactic)%len(m)]
}

// units is a company of seven tactics aimed at units' dials.
func (c *calibrator) units(part, i int, works bool) simulated {
	tactics := worlds.Designs()
	effect := func(design string, dial int) (points, mde float64) {
		if !works {
			return 0, 0
		}
		m := multiple(i, slices.Index(tactics, design), dial)
		return m * c.gauges[worlds.DialID(design, dial)].MDE() / worlds.Scale(dial), m
	}
	s := simulated{truth: map[string]planted{}}
	s.company = worlds.Of(c.seedOf(part, i), worlds.Plan{
		Effect: func(design string, dial int) float64 { p, _ := effect(design, dial); return p },
		Worth:  c.worth(worlds.Scale),
	})
	for _, design := range tactics {
		for k := range 3 {
			p, m := effect(design, k)
			s.truth[worlds.DialID(design, k)] = planted{design: design, truth: p * worlds.Scale(k), multiple: m}
		}
	}
	return s
}

// people is a company of experiments on people. What works keeps people, so its
// effect is negative.
func (c *calibrator) people(part, i int, works bool) simulated {
	one := func(int) float64 { return 1 }
	effect := func(dial int) (share, mde float64) {
		if !works {
			return 0, 0
		}
		m := calibration.Multiples()[(i+dial)%3]
		return m * c.gauges[worlds.DialID(worlds.Experiment, dial)].MDE(), m
	}
	s := simulated{truth: map[string]planted{}}
	s.company = worlds.OfPeople(c.seedOf(part, i), worlds.Plan{
		Effect: func(_ string, dial int) float64 { p, _ := effect(dial); return p },
		Worth:  c.worth(one),
	})
	for k := range 3 {
		p, m := effect(k)
		s.truth[worlds.DialID(worlds.Experiment, k)] = planted{design: worlds.Experiment, truth: -p, multiple: m}
	}
	s.truth[worlds.DialID(worlds.Volunteers, 0)] = planted{design: worlds.Volunteers}
	return s
}

// seedOf keeps the parts' random numbers apart.
func (c *calibrator) seedOf(part, i int) uint64 {
	return c.seed<<32 + uint64(part)<<24 + uint64(i) //nolint:gosec // i is a small count
}

// judgeAll judges n companies on all cores; the answer does not depend on how many.
func (c *calibrator) judgeAll(ctx context.Context, what string, n int, of func(i int) simulated) ([]judged, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := make([]judged, n)
	problems := make([]error, n)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done, next := 0, 0
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return
				}
				out[i], problems[i] = judgeCompany(ctx, of(i))
				if problems[i] != nil {
					cancel()
				}
				mu.Lock()
				done++
				if c.progress != nil {
					c.progress(what, done)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for i, err := range problems {
		if err != nil && !errors.Is(err, context.Canceled) {
			return nil, fmt.Errorf("calibrate: %s, company %d: %w", what, i+1, err)
		}
	}
	return out, ctx.Err()
}

// judged is a company with its verdicts, in the order of their links.
type judged struct {
	calibration.Company
	links  []string
	trials [][]byte // what each verdict was judged from
	world  *worlds.Company
}

// split takes the verdicts of one design out.
func (j judged) split(design string) (rest, taken judged) {
	for i, v := range j.Verdicts {
		to := &rest
		if v.Design == design {
			to = &taken
		}
		to.Verdicts, to.links, to.trials = append(to.Verdicts, v), append(to.links, j.links[i]), append(to.trials, j.trials[i])
	}
	return rest, taken
}

// judgeCompany takes one company from its source files to its verdicts.
func judgeCompany(ctx context.Context, s simulated) (j judged, err error) {
	dir, err := os.MkdirTemp("", "dials-calibrate-")
	if err != nil {
		return j, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path, err := s.company.Write(dir)
	if err != nil {
		return j, err
	}
	cfg, err := readConfig(path)
	if err != nil {
		return j, err
	}
	cfg.Warehouse.Threads, cfg.Warehouse.MemoryLimit = 1, "1GB" // there are as many companies at a time as cores
	l, err := openLocal(ctx, cfg)
	if err != nil {
		return j, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	result, err := l.Sync(ctx, syncRequest{}, nil)
	if err != nil {
		return j, err
	}
	for _, st := range result.Streams {
		if st.Error != "" || st.Rejected > 0 {
			return j, fmt.Errorf("%s: %d rejected %s", st.Stream, st.Rejected, st.Error)
		}
	}
	j, err = readVerdicts(ctx, l, s)
	j.world = s.company
	return j, err
}

func readVerdicts(ctx context.Context, l *local, s simulated) (j judged, err error) {
	rows, err := l.w.DB().QueryContext(ctx, `
		select e.tactic_link_id, e.rung, e.result, coalesce(e.reason, ''), e.is_claim, e.effect, e.std_error, e.df, e.low, e.high, e.tests, e.rejected, r.trial::varchar
		from marts.evidence as e join meta.evidence_run as r using (evidence_run_id)
		order by e.tactic_link_id`)
	if err != nil {
		return j, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v calibration.Verdict
		var link string
		var effect, se, df, low, high *float64
		var trial []byte
		if err := rows.Scan(&link, &v.Rung, &v.Result, &v.Reason, &v.IsClaim, &effect, &se, &df, &low, &high, &v.Tests, &v.Rejected, &trial); err != nil {
			return j, err
		}
		p := s.truth[link]
		v.Design, v.Truth, v.Multiple = p.design, p.truth, p.multiple
		v.HasInterval = effect != nil && se != nil && low != nil && high != nil
		if v.HasInterval {
			v.Effect, v.StdErr, v.Low, v.High = *effect, *se, *low, *high
		}
		if df != nil {
			v.DF = *df
		}
		j.Verdicts, j.links, j.trials = append(j.Verdicts, v), append(j.links, link), append(j.trials, trial)
	}
	if err := rows.Err(); err != nil {
		return j, err
	}
	if want := len(s.truth); want > 0 && len(j.links) != want {
		return j, fmt.Errorf("%d verdicts of %d links", len(j.links), want)
	}
	return j, nil
}
