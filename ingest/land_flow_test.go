package ingest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"dials/ingest"
)

// A flowing connector emits batches of records that flow.
type flowing struct {
	batches [][][4]string
	total   int64 // that it says it holds, 0 if it does not
}

func (f *flowing) Streams() []ingest.Stream {
	return []ingest.Stream{{Name: "values", Target: "metric_observation"}}
}

func (f *flowing) Pull(_ context.Context, _ ingest.Stream, _ string, emit func(ingest.Batch) error) (ingest.Result, error) {
	for i, batch := range f.batches {
		rows := ingest.NewRows("id", "unit", "day", "v")
		for _, r := range batch {
			values := map[string]string{}
			for j, name := range []string{"id", "unit", "day", "v"} {
				if r[j] != "" {
					values[name] = r[j]
				}
			}
			rows.Add(values)
		}
		b := rows.Batch()
		b.Flowing, b.Trimmed = true, i < 2 // what is not trimmed is mapped anew, into another flow
		err := emit(b)
		b.Records.Release()
		rows.Release()
		if err != nil {
			return ingest.Result{SourceTotal: -1}, err
		}
	}
	if f.total > 0 {
		return ingest.Result{Complete: true, SourceTotal: f.total}, nil
	}
	return ingest.Result{Complete: true, SourceTotal: -1}, nil
}

// Batches that flow land as any others do: what is bad is refused by its number, what is
// blank is none, the last one of a key holds, and constants are kept.
func TestFlow(t *testing.T) {
	s := newSite(t)
	good := [][4]string{{"1", "a", "2026-01-01", "1"}, {"2", "a", "2026-01-02", "2"}}
	many := make([][4]string, 0, 1000)
	for i := range 1000 {
		many = append(many, [4]string{"m", "u" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)), "2026-01-01", "3"})
	}
	f := &flowing{batches: [][][4]string{
		good, append(many, [4]string{"bad", "b", "yesterday", "1"}, [4]string{"5", "b", "2026-01-05", "5"}),
		{{"", "", "", ""}, {" 1", "a", "2026-01-01", "7"}, {"bad", "c", "2026-01-01", "x"}},
	}}
	var file struct {
		Source []*ingest.Source `toml:"source"`
	}
	md, err := toml.Decode(`[[source]]
name = "flow"
kind = "flow"
[[source.stream]]
name = "values"
target = "metric_observation"
delivery = "snapshot"
[source.stream.map]
metric_id = { value = "m" }
unit_id = "unit"
period_start_date = "day"
value = "v"
source_id = "id"
`, &file)
	if err == nil {
		err = file.Source[0].Open(md.PrimitiveDecode, ingest.Env{Clock: func() time.Time { return s.now }}, map[string]ingest.New{
			"flow": func(ingest.Config) (ingest.Connector, error) { return f, nil },
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"read 1006 inserted 1003 updated 0 unchanged 1 rejected 2 deleted 0", "read 1006 inserted 0 updated 0 unchanged 1004 rejected 2 deleted 0"} {
		reports, err := ingest.Run(t.Context(), s.w, file.Source[0], ingest.RunOptions{Clock: func() time.Time { return s.now }})
		if err != nil {
			t.Fatal(err)
		}
		if got := counts(reports[0]); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
	// A declared total that disagrees is an error, and nothing is loaded.
	f.batches, f.total = f.batches[:1], 3
	_, err = ingest.Run(t.Context(), s.w, file.Source[0], ingest.RunOptions{Clock: func() time.Time { return s.now }})
	if err == nil || !strings.Contains(err.Error(), "the source says that it holds 3 records, and 2 came") {
		t.Error(err)
	}
	s.same("what is held", []string{"a|2026-01-01|7.0|1|m", "a|2026-01-02|2.0|2|m", "b|2026-01-05|5.0|5|m"},
		"select unit_id, period_start_date, value, source_id, metric_id from raw.metric_observation where superseded_at is null and source_id <> 'm' order by all")
	s.same("what is refused", []string{"1003|period_start_date|yesterday", "1007|value|x"},
		"select record, column_name, value from meta.rejected_row where run_id = (select min(run_id) from meta.run) order by record")
}
