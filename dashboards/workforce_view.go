package dashboards

import (
	"fmt"
	"slices"
	"time"

	"dials/queries"
)

// workforceView is the data of templates/workforce.html.
type workforceView struct {
	Facts      []fact
	Staff      *staffView
	Sources    []sourceLine
	Panels     []panel
	Matches    []matchLine
	Unmatched  []string
	Names      []string // of the sources
	Follows    bool     // runs can be followed
	CanSync    bool     // and started
	Troubles   []troubleLine
	CanMatch   bool // who the ids of other systems are
	CSRF       string
	Rejections []rejectionLine
	Runs       []runLine
}

// A panel is a chart with its finding.
type panel struct {
	ID, Title, Sub string
	Chart          *figure
	Foot           []footItem
}

// A fact is one number at the head of the page.
type fact struct{ Term, Value, Sub, Link string }

// A sourceLine is one source.
type sourceLine struct {
	Name, Kind, Schedule, Loaded, DataTo, Rows, Rejected string
	Badge, Class, Error                                  string
}

// A matchLine is one source of person ids.
type matchLine struct{ Source, System, IDs, Unmatched, Share string }

// A rejectionLine is one reason for rejected rows.
type rejectionLine struct{ Source, Column, Reason, Rows, LastSeen string }

// A runLine is one load.
type runLine struct {
	Source, Started, Seconds, Read, Inserted, Updated, Unchanged, Rejected, Deleted string
	Status, Class, Note                                                             string
}

// workforceView lays out what the queries returned.
func (r *request) workforceView(t *trust) (*workforceView, error) {
	view := &workforceView{Facts: r.trustFacts(t)}
	view.Follows, view.CSRF = r.runs != nil, r.csrf
	view.CanSync = view.Follows && r.reader.Policy.Can(queries.ActionSync)
	view.Troubles = r.troubleLines()
	view.CanMatch = r.register.Apply != nil && r.mayMatch() == nil
	for _, s := range r.sources {
		view.Sources = append(view.Sources, r.sourceLine(s))
		view.Names = append(view.Names, s.Source)
	}
	for _, u := range t.unmatched {
		ids := "some"
		if u.IDs != nil {
			ids = r.numbers.count(*u.IDs)
		}
		view.Unmatched = append(view.Unmatched, fmt.Sprintf("%s of %s: %s", ids, u.Source, u.Reason))
	}
	for _, m := range t.matches {
		view.Matches = append(view.Matches, r.matchLine(m, t.few))
	}
	for _, j := range t.rejections {
		line := rejectionLine{
			Source: j.Source + "." + j.Stream, Column: deref(j.Column), Reason: withoutValues(j.Reason), Rows: r.numbers.count(j.Rows), LastSeen: unknown,
		}
		if line.Column == "" {
			line.Column = "whole row"
		}
		if j.LastSeen != nil {
			line.LastSeen = r.instant(*j.LastSeen)
		}
		view.Rejections = append(view.Rejections, line)
	}
	for _, run := range t.runs {
		view.Runs = append(view.Runs, r.runLine(run))
	}
	if _, ok := t.latest(); !ok {
		return view, nil
	}
	months := t.charted()
	for _, draw := range []func([]reconciliationRow, string) (*panel, error){r.differencePanel, r.countsPanel} {
		p, err := draw(months, t.few)
		if err != nil {
			return nil, err
		}
		p.Foot = []footItem{
			{Text: "Definition", Link: definition("reconciliation")},
			{Text: "Table: marts.reconciliation_monthly"},
			{Text: "Data to " + month(months[len(months)-1].Month)},
		}
		view.Panels = append(view.Panels, *p)
	}
	return view, nil
}

// trustFacts are the numbers at the head of the page.
func (r *request) trustFacts(t *trust) []fact {
	facts := []fact{{Term: "Headcount", Value: unknown, Sub: "no complete month", Link: definition("headcount")}}
	for _, h := range slices.Backward(t.headcount) {
		if !h.IsComplete {
			continue
		}
		facts[0].Value = r.numbers.fixed(h.Heads, 0)
		facts[0].Sub = month(h.Month)
		if h.FTE != nil {
			facts[0].Sub = r.numbers.fixed(*h.FTE, 0) + " FTE, " + facts[0].Sub
		}
		if c := deref(h.Contractors); c > 0 {
			facts[0].Sub += "; " + r.numbers.fixed(c, 0) + " on other contracts apart"
		}
		break
	}
	fresh := 0
	var read, rejected int64
	for _, s := range r.sources {
		if s.staleness(r.now, r.zone) == "" {
			fresh++
		}
		read += deref(s.Rows)
		rejected += deref(s.Rejected)
	}
	facts = append(facts, fact{"Sources fresh", fmt.Sprintf("%d of %d", fresh, len(r.sources)), "loaded as their schedules say", definition("freshness")})
	if m, ok := t.latest(); ok {
		d, _ := m.difference()
		facts = append(facts, fact{"Payroll against HRIS", r.numbers.relative(d), r.numbers.count(m.Payroll) + " paid, " + r.numbers.count(m.HRIS) + " in HRIS, " + month(m.Month), definition("reconciliation")})
	}
	rows := fact{"Rejected rows", r.numbers.count(rejected), "of " + r.numbers.count(read) + " in the last loads", definition("rejected-rows")}
	return append(facts, rows)
}

func (r *request) sourceLine(s sourceRow) sourceLine {
	line := sourceLine{
		Name: s.Source, Kind: deref(s.Kind), Schedule: deref(s.Schedule), Loaded: "never", DataTo: unknown,
		Rows: unknown, Rejected: unknown, Badge: "fresh", Class: "good",
	}
	if line.Schedule == "" {
		line.Schedule = "by hand"
	} else {
		line.Schedule = scheduleWords(line.Schedule)
	}
	if s.LastSuccessAt != nil {
		line.Loaded = r.instant(*s.LastSuccessAt)
	}
	if s.DataAsOf != nil {
		line.DataTo = day(*s.DataAsOf)
	}
	if s.Rows != nil {
		line.Rows = r.numbers.count(*s.Rows)
		line.Rejected = r.numbers.count(deref(s.Rejected))
	}
	if why := s.staleness(r.now, r.zone); why != "" {
		line.Badge, line.Class = "stale: "+why, "bad"
	}
	line.Error = r.failure(deref(s.LastError))
	return line
}

func (r *request) matchLine(m idMatchRow, few string) matchLine {
	line := matchLine{Source: m.Source, System: m.System, IDs: r.numbers.count(m.IDs), Unmatched: few, Share: unknown}
	switch {
	case m.Unmatched != nil:
		line.Unmatched = r.numbers.count(*m.Unmatched)
		line.Share = r.matchedShare(*m.Unmatched, m.IDs)
	case m.IDs > 0:
		line.Share = "nearly all"
	}
	return line
}

// matchedShare is 100 % only if all match.
func (r *request) matchedShare(unmatched, ids int64) string {
	share := 1 - float64(unmatched)/float64(ids)
	if unmatched > 0 && share > 0.9995 {
		return "over " + r.numbers.fixed(99.9, 1) + thin + "%"
	}
	return r.numbers.percent(share)
}

func (r *request) runLine(run runRow) runLine {
	line := runLine{
		Source: run.Source + "." + run.Stream, Started: r.instant(run.Started), Seconds: unknown,
		Read: r.numbers.count(run.Read), Inserted: r.numbers.count(run.Inserted), Updated: r.numbers.count(run.Updated),
		Unchanged: r.numbers.count(run.Unchanged), Rejected: r.numbers.count(run.Rejected), Deleted: r.numbers.count(run.Deleted),
		Status: "✓ ok", Class: "good",
	}
	if run.Finished != nil {
		line.Seconds = r.numbers.fixed(run.Finished.Sub(run.Started).Seconds(), 1)
	}
	if n := deref(run.Warnings); n > 0 {
		line.Note = r.numbers.plural(n, "warning")
	}
	if run.Status != "ok" {
		line.Status, line.Class, line.Note = "✕ "+run.Status, "bad", r.failure(deref(run.Error))
	}
	return line
}

// instant writes a moment in the company's time zone.
func (r *request) instant(t time.Time) string { return t.In(r.zone).Format("2 Jan 2006 15:04") }
