package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"dials/cmd/dials/worlds"
	"dials/queries/calibration"
	"dials/queries/evidence"
)

const aboutVolunteers = "Who comes forward would have stayed anyway."

// newTraps are the traps, with nothing counted yet.
func newTraps() []calibration.Trap {
	var out []calibration.Trap
	for _, t := range worlds.Traps() {
		out = append(out, calibration.Trap{Name: t.ID, About: t.About})
	}
	return out
}

// traps judges the histories of a company that fool careless readers, each as if it were
// alone: other tests would only make it harder to claim.
func (j judged) traps() ([]calibration.Outcome, error) {
	var out []calibration.Outcome
	for k, t := range worlds.Traps() {
		o, err := j.trap(t, j.world.Tactics[k])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.ID, err)
		}
		out = append(out, o)
	}
	return out, nil
}

// trap judges one trap of a company by itself.
func (j judged) trap(trap worlds.Trap, tactic *worlds.Tactic) (calibration.Outcome, error) {
	var trials []evidence.Trial
	for i, link := range j.links {
		if link != trap.ID && !strings.HasPrefix(link, trap.ID+"-") {
			continue
		}
		var t evidence.Trial
		if err := json.Unmarshal(j.trials[i], &t); err != nil {
			return calibration.Outcome{}, err
		}
		trials = append(trials, t)
	}
	o := calibration.Outcome{CannotTell: true, HasNaive: !trap.IsPositive && !trap.IsMixed}
	for _, f := range evidence.Conclude(trials) {
		o.CannotTell = o.CannotTell && f.Result == evidence.CannotTell
		switch {
		case trap.IsPositive:
			o.Wrong = o.Wrong || f.Rung >= evidence.Interrupted && f.Result == evidence.MovedAgainst
		case trap.IsMixed:
			o.Wrong = o.Wrong || f.Rung >= evidence.Interrupted && (f.Result == evidence.Moved || f.Result == evidence.MovedAgainst)
		default:
			o.Wrong = o.Wrong || f.IsClaim
		}
	}
	for _, dial := range tactic.Dials {
		o.Naive = o.Naive || j.world.Naive(tactic, dial)
	}
	return o, nil
}
