package dashboards

import (
	"context"
	"encoding/json"
	"html/template"
	"net/url"
	"time"
)

// An annotationRow is a note on a day of a unit.
type annotationRow struct {
	ID     string    `db:"annotation_id"`
	UnitID string    `db:"unit_id"`
	Unit   *string   `db:"unit_name"`
	On     time.Time `db:"on_date"`
	Name   string    `db:"name"`
}

// A chartNotes is what a page says of the days that its charts over time mark.
type chartNotes struct {
	Title string
	Lines []chartNote
	Data  template.JS // of static/app.js, which draws them
	Add   string      // where one is added, for who may
}

// A chartNote is one note; Key names it on the charts.
type chartNote struct {
	Key  string `json:"key"`
	On   string `json:"on"`
	Text string `json:"text"`
	Day  string `json:"-"`
	Unit string `json:"-"`
	Edit string `json:"-"`
}

// maxNotes bounds what charts can bear: the latest are drawn.
const maxNotes = 26

// chartNotes reads the notes of the units in scope; nil where there is nothing to say.
func (r *request) chartNotes(ctx context.Context) (*chartNotes, error) {
	rows, err := read[annotationRow](ctx, r, "annotations")
	if err != nil {
		return nil, err
	}
	if !r.asOf.IsZero() { // a page of a day knows nothing of later ones
		n := 0
		for _, row := range rows {
			if !row.On.After(r.asOf) {
				rows[n] = row
				n++
			}
		}
		rows = rows[:n]
	}
	out := &chartNotes{}
	if r.canRegister() {
		out.Add = "/register/entry?" + url.Values{"stream": {"annotation"}, "unit_id": {r.reader.Unit}}.Encode()
	}
	at := map[string]int{} // a note on several units is one
	for _, row := range rows {
		unit := deref(row.Unit)
		if unit == "" {
			unit = row.UnitID
		}
		if i, ok := at[row.ID]; ok && out.Lines[i].Text == row.Name {
			out.Lines[i].Unit += ", " + unit
			continue
		}
		at[row.ID] = len(out.Lines)
		note := chartNote{On: row.On.Format(time.DateOnly), Text: row.Name, Day: day(row.On), Unit: unit}
		if r.canRegister() {
			note.Edit = "/register/entry?" + url.Values{"stream": {"annotation"}, "annotation_id": {row.ID}, "unit_id": {row.UnitID}}.Encode()
		}
		out.Lines = append(out.Lines, note)
	}
	if left := len(out.Lines) - maxNotes; left > 0 {
		out.Lines = out.Lines[left:]
	}
	if len(out.Lines) == 0 {
		if out.Add == "" {
			return nil, nil //nolint:nilnil // nothing to say is no error
		}
		return out, nil
	}
	for i := range out.Lines {
		out.Lines[i].Key = string(rune('a' + i))
	}
	out.Title = capital(inWords(len(out.Lines))) + " notes on these charts"
	if len(out.Lines) == 1 {
		out.Title = "One note on these charts"
	}
	data, err := json.Marshal(out.Lines)
	out.Data = template.JS(data) //nolint:gosec // json.Marshal escapes what HTML could take for its own
	return out, err
}
