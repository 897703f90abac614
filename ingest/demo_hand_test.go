package ingest_test

import (
	"os"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"dials/ingest"
	"dials/ingest/connectors"
	"dials/warehouse"
)

func TestHand(t *testing.T) {
	dir := os.Getenv("HAND")
	if dir == "" {
		t.Skip()
	}
	var file struct {
		Source []*ingest.Source `toml:"source"`
	}
	md, err := toml.DecodeFile(dir+"/config.toml", &file)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range file.Source {
		if err := s.Open(md.PrimitiveDecode, ingest.Env{Dir: dir, Settle: -1}, connectors.All()); err != nil {
			t.Error(err)
		}
	}
	path := t.TempDir() + "/w.duckdb"
	if p := os.Getenv("HANDDB"); p != "" {
		path = p
	}
	w, err := warehouse.Open(t.Context(), warehouse.Options{Path: path, Threads: 2, AllowedDirectories: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, full := range []bool{false, false, true} {
		begin := time.Now()
		for _, s := range file.Source {
			if full == false {
				for _, err := range ingest.Probe(t.Context(), w, s) {
					t.Log("PROBE", err)
				}
			}
			reports, _ := ingest.Run(t.Context(), w, s, ingest.RunOptions{Full: full})
			for _, r := range reports {
				t.Logf("%s.%s %s %.2fs", r.Source, r.Stream, counts(r), r.Seconds)
				for _, w := range r.Warnings {
					t.Logf("   warning: %s", w)
				}
				if r.Err != nil {
					t.Logf("   ERROR %v", r.Err)
				}
			}
		}
		t.Logf("---- %v", time.Since(begin))
	}
	for _, l := range query(t, w.DB(), "select stream, column_name, reason, count(*), any_value(line) from meta.rejected_row group by all") {
		t.Log(l)
	}
}
