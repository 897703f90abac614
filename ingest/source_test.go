package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dials/ingest"
)

// Every mistake in a source is reported at once, with its stream and key.
func TestOpenRefuses(t *testing.T) {
	s := newSite(t)
	_, err := s.source(`
[[source]]
name = "HR system"
kind = "file"
schedule = "every day"
[[source.stream]]
name = "people"
target = "employmnet"
delivery = "snapshot"
[source.stream.options]
path = "a.csv"
[[source.stream]]
name = "jobs"
target = "job"
delivery = "all"
population = "active"
max_deleted_fraction = 5.0
replace_within = "location"
timezone = "Berlin"
absent = "drop"
[source.stream.options]
path = "a"
format = "xls"
delimiter = "||"
encoding = "ebcdic"
decimal = "'"
as_of = { file = "a_%d.csv" }
[source.stream.map]
title = "Title"
is_primary = { from = "P", pad = 3 }
fte_share = { from = "F", format = "%d" }
valid_from = { from = "V", decimal = "," }
[[source.stream]]
name = "jobs"
target = "review"
delivery = "delta"
[source.stream.options]
path = "b.csv"
[source.stream.map]
mode = { from = "M", values = { x = "by carrier pigeon" } }
`)
	if err == nil {
		t.Fatal("it was accepted")
	}
	for _, want := range []string{
		`source "HR system": name must be lower-case`,
		`schedule "every day" is not a cron line`,
		`stream "people": target "employmnet" is no canonical stream: is it "employment"?`,
		`stream "jobs": delivery "all" is not snapshot, delta or history`,
		`stream "jobs": population "active" is not all or active_only`,
		`stream "jobs": max_deleted_fraction is not a share`,
		`stream "jobs": replace_within "location" is no required column of job`,
		`stream "jobs": timezone "Berlin" is no time zone`,
		`stream "jobs": absent "drop" is not keep or null`,
		`stream "jobs": map: title is no column of job: it has employment_id,`,
		`stream "jobs": map: is_primary: pad belongs to text, and it is boolean`,
		`stream "jobs": map: fte_share: format belongs to dates`,
		`stream "jobs": map: valid_from: decimal belongs to numbers`,
		`stream "jobs": options: format "xls" is not one of csv, tsv, json, jsonl, parquet, xlsx`,
		`stream "jobs": options: delimiter "||" is not one byte`,
		`stream "jobs": options: encoding "ebcdic" is not one of`,
		`stream "jobs": options: decimal "'" is neither`,
		`stream "jobs": options: as_of: "a_%d.csv" needs %Y`,
		`stream "jobs": the name is used twice`,
		`stream "jobs": map: mode: values: x = "by carrier pigeon" is not one of in_person, video, phone, written`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("it is:\n%v", err)
	}
}

func TestRuleRefuses(t *testing.T) {
	for _, tt := range []struct {
		data any
		want string
	}{
		{5, "neither the name of a source column nor a table"},
		{"", "from is empty"},
		{map[string]any{}, "one of from and value is needed"},
		{map[string]any{"from": "a", "value": "b"}, "one of from and value is needed"},
		{map[string]any{"from": "a", "join": "-"}, "join needs several source columns"},
		{map[string]any{"from": "a", "expr": "upper(a)"}, `unknown word "expr"`},
		{map[string]any{"from": "a", "pad": int64(0)}, "pad is not a length"},
		{map[string]any{"from": "a", "decimal": "x"}, "decimal \"x\" is neither"},
		{map[string]any{"from": "a", "format": "yyyy-mm-dd"}, `format "yyyy-mm-dd" holds no code`},
		{map[string]any{"from": "a", "format": "%Q"}, "%Q is no code of strptime"},
		{map[string]any{"from": "a", "values": "x"}, "values is not a table"},
		{map[string]any{"from": []any{"a", int64(1)}}, "from is not a list of texts"},
	} {
		var r ingest.Rule
		if err := r.UnmarshalTOML(tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error = %v, want %q", tt.data, err, tt.want)
		}
	}
}

// Whatever a file and its map hold, it loads, or its error is one of ours.
func FuzzLoad(f *testing.F) {
	f.Add("unit_id,name,valid_from\nu,x,2024-01-01\n", "name", " ", "-", "%Y", "a", "b", 5)
	f.Add("unit_id;na'me;\"valid\"\"from\"\n1;2;3\n", "na'me", "'", "''", "%d/%m/%Y", "'", `"`, 0)
	s := newSite(f)
	f.Fuzz(func(t *testing.T, content, from, join, null, format, key, value string, pad int) {
		rule := map[string]any{
			"from": []any{from, from}, "join": join, "null": null, "values": map[string]any{key: value},
		}
		if pad > 0 {
			rule["pad"] = int64(pad)
		}
		var name, since ingest.Rule
		if name.UnmarshalTOML(rule) != nil || since.UnmarshalTOML(map[string]any{"from": "valid_from", "format": format}) != nil {
			return
		}
		if err := os.WriteFile(filepath.Join(s.dir, "u.csv"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := openSource(s.dir, stream("org_unit", "delta", "u.csv"), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		src.Streams[0].Map = map[string]*ingest.Rule{"name": &name, "valid_from": &since}
		_, err = ingest.Run(t.Context(), s.w, src, ingest.RunOptions{Full: true})
		if err != nil && (strings.Contains(err.Error(), "Parser Error") || strings.Contains(err.Error(), "Binder Error") || strings.Contains(err.Error(), "INTERNAL")) {
			t.Error(err)
		}
	})
}
