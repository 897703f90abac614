package dashboards

import (
	"fmt"
	"time"

	"dials/queries"
)

// A Trouble is something that keeps the server from its work, and what ends it.
type Trouble struct {
	Kind  string // disk full, disk read-only, memory, clock
	Since time.Time
	What  string // in a sentence: what is wrong and what it keeps from being done
	Ends  string // in a sentence: what ends it
}

// A troubleLine is a trouble on the Data page.
type troubleLine struct{ Kind, Since, What, Ends string }

// troubles lists what the server suffers from; "" in state is nothing.
func (s *server) troubles() (all []Trouble, state string) {
	if s.Health == nil {
		return nil, ""
	}
	all = s.Health()
	for _, t := range all {
		state += fmt.Sprintf("/%s %d %s", t.Kind, t.Since.Unix(), t.What)
	}
	return all, state
}

// troubleLines are the troubles for the page's reader. Paths and sizes are for those
// alone who may start runs.
func (r *request) troubleLines() []troubleLine {
	var lines []troubleLine
	for _, t := range r.troubles {
		line := troubleLine{Kind: t.Kind, Since: r.instant(t.Since), What: t.What, Ends: t.Ends}
		if !r.reader.Policy.Open && !r.reader.Policy.Can(queries.ActionSync) {
			line.What, line.Ends = "New data cannot be loaded, or only in part; what is shown is as it was before.", "Whoever runs Dials sees why on this page."
		}
		lines = append(lines, line)
	}
	return lines
}
