package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dials/warehouse"
)

// Whatever a map and a header hold, the SQL that comes of them is valid on whatever a
// record holds, or the error is one of ours.
func FuzzMapping(f *testing.F) {
	f.Add("unit_id,name,valid_from", "u,x,2024-01-01", "name", " ", "-", "%Y", "a", "b", 5)
	f.Add("unit_id,na'me,va\"l,valid_from", "1,2,x,31/12/2024", "na'me", "'", "''", "%d/%m/%Y", "'", `"`, 0)
	w, err := warehouse.Open(f.Context(), warehouse.Options{Threads: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = w.Close() })
	streams, err := warehouse.Streams()
	if err != nil {
		f.Fatal(err)
	}
	target := streams[slices.IndexFunc(streams, func(s warehouse.Stream) bool { return s.Name == "org_unit" })]
	f.Fuzz(func(t *testing.T, header, record, from, join, null, format, key, value string, pad int) {
		rule := map[string]any{"from": []any{from, from}, "join": join, "null": null, "values": map[string]any{key: value}}
		if pad > 0 {
			rule["pad"] = int64(pad)
		}
		var name, since Rule
		if name.UnmarshalTOML(rule) != nil || since.UnmarshalTOML(map[string]any{"from": "valid_from", "format": format}) != nil {
			return
		}
		st := &SourceStream{Delivery: warehouse.Delta, Timezone: "UTC", target: target, Map: map[string]*Rule{"name": &name, "valid_from": &since}}
		cells := strings.Split(record, ",")
		r := reading{odd: strings.ContainsRune(record, 0)}
		var columns []string
		for i, column := range strings.Split(header, ",") {
			c := sourceColumn{Name: column, Type: "VARCHAR", Expr: fmt.Sprintf("c%d", i)}
			cell := "null::varchar"
			if i < len(cells) {
				cell = literal(clean(cells[i]))
			}
			r.cols, columns = append(r.cols, c), append(columns, cell+" as "+c.Expr)
		}
		m, err := newMapping(st, Stream{}, r)
		if err != nil {
			return
		}
		_, err = w.DB().ExecContext(t.Context(), m.values("(select "+strings.Join(columns, ", ")+")", ""))
		for _, words := range []string{"Parser Error", "Binder Error", "INTERNAL"} {
			if err != nil && strings.Contains(err.Error(), words) {
				t.Error(err)
			}
		}
	})
}
