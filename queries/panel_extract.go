package queries

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dials/queries/impact"
)

// ErrNoPanel is wrapped where there is no panel to take away.
var ErrNoPanel = errors.New("there is no panel to take away")

// A PanelExtract is the data behind one verdict, as "dials estimate" reads it.
type PanelExtract struct {
	Columns []impact.Column
	Rows    int
	Command string // that repeats the estimate; "" where people stand behind it
	Design  string
	// IsPeople says that rows are groups of people, counted.
	IsPeople bool
}

// PanelOf returns the panel behind the verdict on a link, for a reader who sees that
// verdict and the whole company. Units and their dial leave as they are analysed. Of
// people only the counts of each arm leave, and only where none is small; a dial that
// is counted over people leaves for no unit.
func PanelOf(ctx context.Context, m *Marts, reader Reader, link string) (PanelExtract, error) {
	var none PanelExtract
	if !reader.Policy.Whole() {
		return none, &Denial{Topic: TopicImpact, Whole: true, Why: "panel of " + link}
	}
	type seenRow struct {
		Link        string `db:"tactic_link_id"`
		IsPeople    bool   `db:"is_people"`
		IsOfPersons bool   `db:"has_people"`
		Fingerprint string `db:"fingerprint"`
	}
	seen, err := All[seenRow](ctx, m, reader, "evidence_seen")
	if err != nil {
		return none, err
	}
	at := slices.IndexFunc(seen.Rows, func(r seenRow) bool { return r.Link == link })
	if at < 0 {
		return none, fmt.Errorf("link %q: %w", link, ErrNoPanel)
	}
	now, err := m.at(ctx)
	if err != nil {
		return none, err
	}
	links, err := rowsOf[linkRow](ctx, m.db, "links")
	if err != nil {
		return none, err
	}
	i := slices.IndexFunc(links, func(l linkRow) bool { return l.ID == link })
	if i < 0 {
		return none, fmt.Errorf("link %q: %w", link, ErrNoPanel)
	}
	f := newFetcher(m.db)
	defer f.close()
	in, fingerprint, err := f.inputs(ctx, links[i])
	if err != nil {
		return none, err
	}
	if fingerprint != seen.Rows[at].Fingerprint {
		return none, fmt.Errorf("%w: the data changed since this was judged; try again when it is judged anew", ErrNoPanel)
	}
	k, err := f.compute(ctx, in, fingerprint)
	if err != nil {
		return none, err
	}
	switch {
	case k.study == nil || k.study.frame == nil:
		return none, fmt.Errorf("%w: nothing was estimated", ErrNoPanel)
	case k.study.Facts.IsPeople:
		return peopleExtract(in.Pilots, now.floors.People)
	case seen.Rows[at].IsOfPersons:
		return none, fmt.Errorf("%w: this dial is counted over people, and units are small", ErrNoPanel)
	}
	return PanelExtract{
		Columns: k.study.frame.Columns(), Rows: k.study.frame.Rows(), Command: k.study.Facts.Command, Design: string(k.study.Trial.Design),
	}, nil
}

// peopleExtract counts the people of each arm, those who left and those who did not.
func peopleExtract(rows []pilotRow, floor int64) (PanelExtract, error) {
	arms := []string{"control", "treated"}
	var people, left []float64
	for _, arm := range arms {
		n, gone := int64(0), int64(0)
		for _, r := range rows {
			if r.Arm != arm || !r.IsKnown {
				continue
			}
			n += r.People
			if r.LeftInMonth != nil {
				gone += r.People
			}
		}
		if gone < floor || n-gone < floor {
			return PanelExtract{}, fmt.Errorf("%w: too few people stand behind it", ErrNoPanel)
		}
		people, left = append(people, float64(n)), append(left, float64(gone))
	}
	return PanelExtract{
		Columns: []impact.Column{{Name: "arm", Text: arms}, {Name: "people", Numbers: people}, {Name: "left", Numbers: left}},
		Rows:    len(arms), IsPeople: true, Design: "randomized",
	}, nil
}
