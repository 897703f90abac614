package dashboards

import "testing"

// noRuns are runs that nobody may start.
type noRuns struct{ t *testing.T }

func (n noRuns) Start([]string) error {
	n.t.Error("a sync was started")
	return nil
}

func (noRuns) Now() (RunState, <-chan struct{}) { return RunState{Ended: true}, nil }
