package dashboards

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dials/dashboards/register"
	"dials/queries"
)

// registerHistory is the page on who changed what of the register, and when.
var registerHistory = page{
	Path: "/register/history", Heading: "Register", Topics: []queries.Topic{queries.TopicPortfolio}, Template: "register_history.html", Params: []string{"kind"}, Load: loadRegisterHistory,
}

// A registerChangeRow is one change.
type registerChangeRow struct {
	ID         int64     `db:"change_id"`
	At         time.Time `db:"changed_at"`
	Stream     string    `db:"stream"`
	Action     string    `db:"action"`
	Key        string    `db:"entry_key"`
	Before     *string   `db:"before"`
	After      *string   `db:"after"`
	DeclaredBy *string   `db:"declared_by"`
	Actor      string    `db:"actor"`
	Note       *string   `db:"note"`
}

// A historyView is the data of templates/register_history.html.
type historyView struct{ Lines []historyLine }

// A historyLine is one change with what it was before and after.
type historyLine struct {
	When, Who, What, Which, Note string
	Changes                      []conflictLine // Yours is after, Now is before
}

func loadRegisterHistory(ctx context.Context, r *request) (*content, error) {
	rows, err := read[registerChangeRow](ctx, r, "register_changes", sql.Named("stream", r.query["kind"]))
	if err != nil {
		return nil, err
	}
	g, err := readRegister(ctx, r)
	if err != nil {
		return nil, err
	}
	v := &historyView{}
	for _, row := range rows {
		line, err := r.historyLine(g, row)
		if err != nil {
			return nil, err
		}
		v.Lines = append(v.Lines, line)
	}
	title := "Nobody has changed the register in Dials yet"
	if n := len(rows); n > 0 {
		last := "the last on "
		if n == 1 {
			last = "on "
		}
		title = fmt.Sprintf("%s made in Dials, %s", capital(counted(n, "change", "was", "were")), last+r.instant(rows[0].At))
	}
	return &content{Title: title, Lead: "Each with who, when, and what it was before and after. Nothing is ever overwritten; what sources deliver is not in this list.", Body: v}, nil
}

// actionWords say what was done.
var actionWords = map[string]string{"add": "added", "change": "changed", "withdraw": "withdrew"}

func (r *request) historyLine(g *registry, row registerChangeRow) (historyLine, error) {
	e, _ := register.Find(row.Stream)
	line := historyLine{When: r.instant(row.At), Who: row.Actor, What: actionWords[row.Action] + " a" + strings.TrimPrefix(article(e.Name), "a"), Note: deref(row.Note)}
	if by := deref(row.DeclaredBy); by != "" {
		line.What += " that " + by + " declares"
	}
	var key, before, after map[string]any
	for _, p := range []struct {
		text *string
		into *map[string]any
	}{{&row.Key, &key}, {row.Before, &before}, {row.After, &after}} {
		if p.text == nil {
			continue
		}
		if err := json.Unmarshal([]byte(*p.text), p.into); err != nil {
			return line, fmt.Errorf("change %d: %w", row.ID, err)
		}
	}
	line.Which = r.entryName(g, e, key, before, after)
	names := map[string]bool{}
	for _, m := range []map[string]any{before, after} {
		for name := range m {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f, known := e.Field(name)
		if !known { // columns that the server fills
			continue
		}
		was, is := plainValue(before[name]), plainValue(after[name])
		if f.Kind == register.Date && len(was) > 10 {
			was = was[:10]
		}
		if f.Kind == register.Stamp {
			was, is = dayOf(was), dayOf(is)
		}
		if was != is {
			line.Changes = append(line.Changes, conflictLine{Label: f.Label, Now: orUnknown(wordOf(g, f, was)), Yours: orUnknown(wordOf(g, f, is))})
		}
	}
	return line, nil
}

// entryName says which entry it is, in words.
func (r *request) entryName(g *registry, e register.Entry, key, before, after map[string]any) string {
	values := after
	if values == nil {
		values = before
	}
	for _, name := range []string{"name", "title"} {
		if s := plainValue(values[name]); s != "" {
			return s
		}
	}
	get := func(name string) string {
		if v, ok := key[name]; ok {
			return plainValue(v)
		}
		return plainValue(values[name])
	}
	var parts []string
	if t := get("tactic_id"); t != "" {
		parts = append(parts, g.label("tactic", t))
	}
	if m := get("metric_id"); m != "" {
		parts = append(parts, g.label("metric", m))
	}
	if w := get("wave"); w != "" && e.Stream == "tactic_wave" {
		parts = append(parts, "wave "+w)
	}
	if u := get("unit_id"); u != "" {
		parts = append(parts, g.label("unit", u))
	}
	return strings.Join(parts, " · ")
}
