package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"dials/cmd/dials/worlds"
	"dials/queries"
	"dials/queries/calibration"
)

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

// judged is a company with its verdicts, in the order of their links.
type judged struct {
	calibration.Company
	links  []string
	trials [][]byte // what each verdict was judged from
	world  *worlds.Company
}

// verdictModels are the models that verdicts rest on, and the one that holds them.
func verdictModels() []string { return append(queries.RefreshReads(), "marts.evidence") }

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
	l.only = verdictModels()
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
