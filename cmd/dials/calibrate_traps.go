package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"dials/cmd/dials/worlds"
	"dials/queries/calibration"
	"dials/queries/evidence"
)

// traps counts wrong claims about histories that fool careless readers. A company
// holds one of each, and each is judged as if it were alone: other tests would only
// make it harder to claim.
func (c *calibrator) traps(ctx context.Context) ([]calibration.Trap, int, error) {
	n := (c.runs + 3) / 4
	companies, err := c.judgeAll(ctx, "traps", n, func(i int) simulated {
		return simulated{company: worlds.OfTraps(c.seedOf(partTraps, i))}
	})
	if err != nil {
		return nil, 0, err
	}
	var out []calibration.Trap
	for k, trap := range worlds.Traps() {
		line := calibration.Trap{Name: trap.ID, About: trap.About}
		for _, j := range companies {
			if err := j.trap(&line, trap, j.world.Tactics[k]); err != nil {
				return nil, 0, fmt.Errorf("calibrate: %s: %w", trap.ID, err)
			}
		}
		out = append(out, line)
	}
	return out, n, nil
}

// trap judges one trap of a company by itself.
func (j judged) trap(line *calibration.Trap, trap worlds.Trap, tactic *worlds.Tactic) error {
	var trials []evidence.Trial
	for i, link := range j.links {
		if link != trap.ID && !strings.HasPrefix(link, trap.ID+"-") {
			continue
		}
		var t evidence.Trial
		if err := json.Unmarshal(j.trials[i], &t); err != nil {
			return err
		}
		trials = append(trials, t)
	}
	wrong, cannot := false, true
	for _, f := range evidence.Conclude(trials) {
		cannot = cannot && f.Result == evidence.CannotTell
		switch {
		case trap.IsPositive:
			wrong = wrong || f.Rung >= evidence.Interrupted && f.Result == evidence.MovedAgainst
		case trap.IsMixed:
			wrong = wrong || f.Rung >= evidence.Interrupted && (f.Result == evidence.Moved || f.Result == evidence.MovedAgainst)
		default:
			wrong = wrong || f.IsClaim
		}
	}
	line.Wrong.Add(wrong)
	line.CannotTell.Add(cannot)
	naive := false
	for _, dial := range tactic.Dials {
		naive = naive || j.world.Naive(tactic, dial)
	}
	if !trap.IsPositive && !trap.IsMixed {
		line.Naive.Add(naive)
	}
	return nil
}

// volunteering is the trap of people who came forward.
func volunteering(list []judged) calibration.Trap {
	t := calibration.Trap{Name: worlds.Volunteers, About: "Who comes forward would have stayed anyway."}
	for _, j := range list {
		for _, v := range j.Verdicts {
			t.Wrong.Add(v.IsClaim)
			t.CannotTell.Add(v.Result == string(evidence.CannotTell))
			t.Naive.Add(true)
		}
	}
	return t
}
