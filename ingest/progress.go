package ingest

import "time"

// Progress is how far a stream is.
type Progress struct {
	Source string `json:"source"`
	Stream string `json:"stream"`
	State  string `json:"state"` // reading, merging, done or failed
	Rows   int64  `json:"rows"`
	// Total is how many records are expected: as the source says, or else as many as
	// the last full walk came to; 0 is unknown.
	Total int64 `json:"total,omitempty"`
	// PerSecond is how many records came in a second, and Left how many seconds the
	// rest will take, -1 if unknown.
	PerSecond float64 `json:"per_second,omitempty"`
	Left      float64 `json:"left"`
	Error     string  `json:"error,omitempty"`
	News      int64   `json:"news"` // of a stream that is done: records that were not known like this
}

// report tells how many records were read, of how many.
func (r *runner) report(rows, total int64) {
	r.rows = rows
	if total > 0 {
		r.expected = total
	}
	r.tell("reading", nil)
}

// done tells how the stream ended.
func (r *runner) done(report StreamReport) {
	r.rows, r.expected, r.news = report.Read, 0, report.Inserted+report.Updated+report.Deleted
	r.tell("done", report.Err)
}

// tell tells how far the stream is.
func (r *runner) tell(state string, err error) {
	if r.o.Progress == nil {
		return
	}
	p := Progress{Source: r.source.Name, Stream: r.st.Name, State: state, Rows: r.rows, Total: r.expected, Left: -1, News: r.news}
	if err != nil {
		p.State, p.Error = "failed", err.Error()
	}
	if passed := r.o.Clock().Sub(r.begun); passed > time.Second/10 && p.Rows > 0 {
		p.PerSecond = float64(p.Rows) / passed.Seconds()
		if p.Total >= p.Rows {
			p.Left = float64(p.Total-p.Rows) / p.PerSecond
		}
	}
	r.o.Progress(p)
}
