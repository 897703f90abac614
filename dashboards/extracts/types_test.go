package extracts

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"dials/queries"
)

// typed has a row of each kind of value, one of their extremes and one without any.
const typed = `-- Extract: typed. One row per case.
-- class: none
-- topic: definitions
-- people: none
select * from (values
  (1, 'plain', 1::bigint, 0.5::double, 12.3456::decimal(18, 4), true, date '2024-02-29', timestamp '2024-03-31 01:30:00.25', [date '2024-01-01', date '2024-02-01']),
  (2, 'Grüße, "日本" 👍` + "\n" + `zweite Zeile', 9007199254740991, 1e-9, -99999999999999.9999, false, date '1899-12-31', timestamp '1970-01-01 00:00:00', []),
  (3, null, null, null, null, null, null, null, null)
) t(id, words, whole, part, exact, yes, day, moment, days)
where $metric is null or $metric = words
order by id`

// wide has 300 columns.
func wide() (string, queries.Extract) {
	e := queries.Extract{Name: "wide", Title: "Wide", Grain: "one row", Owner: "nobody", Key: []string{"c0"}, Class: queries.None, Topic: queries.TopicDefinitions}
	var list []string
	for i := range 300 {
		list = append(list, fmt.Sprintf("i + %d as c%d", i, i))
		e.Columns = append(e.Columns, queries.ExtractColumn{Name: fmt.Sprintf("c%d", i), Says: "a number"})
	}
	return "-- Extract: wide. One row per number.\n-- class: none\n-- topic: definitions\n-- people: none\nselect " + strings.Join(list, ", ") + " from range(3) t(i) order by i", e
}

func typesSite(t *testing.T) *site {
	s := newSite(t)
	e := queries.Extract{
		Name: "typed", Title: "Typed", Grain: "one case", Owner: "nobody", Key: []string{"id"}, Filters: []string{"metric"},
		Class: queries.None, Topic: queries.TopicDefinitions,
	}
	for _, name := range []string{"id", "words", "whole", "part", "exact", "yes", "day", "moment", "days"} {
		e.Columns = append(e.Columns, queries.ExtractColumn{Name: name, Says: "what " + name + " is"})
	}
	text, broad := wide()
	s.server.catalogue = []queries.Extract{e, broad}
	s.server.Marts = queries.OpenFiles(s.w.DB(), fstest.MapFS{"extract_typed.sql": {Data: []byte(typed)}, "extract_wide.sql": {Data: []byte(text)}})
	return s
}

func TestTypesAsText(t *testing.T) {
	s := typesSite(t)
	body := s.body(t, "/extracts/typed.csv")
	want := "id,words,whole,part,exact,yes,day,moment,days\r\n" +
		"1,plain,1,0.5,12.3456,true,2024-02-29,2024-03-31T01:30:00.25Z,\"[\"\"2024-01-01\"\",\"\"2024-02-01\"\"]\"\r\n" +
		"2,\"Grüße, \"\"日本\"\" 👍\nzweite Zeile\",9007199254740991,1e-09,-99999999999999.9999,false,1899-12-31,1970-01-01T00:00:00Z,[]\r\n" +
		"3,,,,,,,,\r\n"
	if diff := cmp.Diff(want, string(body)); diff != "" {
		t.Error("csv:", diff)
	}
	body = s.body(t, "/extracts/typed.json")
	var doc struct{ Rows []map[string]any }
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{
		"id": 1.0, "words": "plain", "whole": 1.0, "part": 0.5, "exact": "12.3456", "yes": true, "day": "2024-02-29",
		"moment": "2024-03-31T01:30:00.25Z", "days": []any{"2024-01-01", "2024-02-01"},
	}, doc.Rows[0]); diff != "" {
		t.Error("json:", diff)
	}
	body = s.body(t, "/extracts/typed.xlsx")
	book, err := excelize.OpenReader(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Data")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "plain", "1", "0.5", "12.3456", "TRUE", "2024-02-29", "2024-03-31 01:30:00", `["2024-01-01","2024-02-01"]`}, rows[1]); diff != "" {
		t.Error("xlsx:", diff)
	}
	for _, ending := range []string{"csv", "json", "xlsx", "arrow", "arrows", "parquet"} {
		if resp, body := s.get(t, http.MethodGet, "/extracts/wide."+ending); resp.StatusCode != http.StatusOK {
			t.Errorf("300 columns as %s: %d %.200s", ending, resp.StatusCode, body)
		}
		if resp, body := s.get(t, http.MethodGet, "/extracts/typed."+ending+"?metric=nobody"); resp.StatusCode != http.StatusOK || resp.Header.Get("Dials-Rows") != "0" {
			t.Errorf("no rows as %s: %d %.200s", ending, resp.StatusCode, body)
		}
	}
	body = s.body(t, "/extracts/wide.csv")
	if records, err := csv.NewReader(strings.NewReader(string(body))).ReadAll(); err != nil || len(records) != 4 || len(records[3]) != 300 || records[3][299] != "301" {
		t.Errorf("300 columns: %v", err)
	}
}

// Readers that are not ours read what we write, with its types and what it says.
func TestForeignReaders(t *testing.T) {
	modules, err := filepath.Abs("../../build/readers/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(modules); err != nil || missing != nil {
		t.Skip("node or build/readers is not installed: run make deps")
	}
	script, err := os.ReadFile("testdata/readers/read.mjs")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "read.mjs"), script)
	writeFile(t, filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`))
	s := typesSite(t)
	for _, tt := range []struct{ reader, ending string }{
		{"apache-arrow", "arrow"}, {"apache-arrow", "arrows"}, {"parquet-wasm", "parquet"}, {"hyparquet", "parquet"},
	} {
		t.Run(tt.reader+" "+tt.ending, func(t *testing.T) {
			body := s.body(t, "/extracts/typed."+tt.ending)
			file := filepath.Join(dir, "typed."+tt.ending)
			writeFile(t, file, body)
			command := exec.CommandContext(t.Context(), node, "read.mjs", tt.reader, file)
			command.Dir = dir
			out, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var got struct {
				Columns []struct{ Name, Type, Definition string }
				About   map[string]string
				Rows    [][]any
			}
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got.About["dials.extract"] != "typed" || got.About["dials.rows"] != "3" || len(got.Columns) != 9 {
				t.Errorf("about %v, columns %v", got.About, got.Columns)
			}
			if c := got.Columns[0]; tt.reader != "hyparquet" && c.Definition != "what id is" {
				t.Errorf("column %+v lost its definition", c)
			}
			if len(got.Rows) != 3 {
				t.Fatalf("%d rows", len(got.Rows))
			}
			first := fmt.Sprint(got.Rows[0])
			for _, want := range []string{"1 plain 1 0.5 12.3456 true", "2024-02-29T00:00:00.000Z", "2024-03-31T01:30:00.250Z", "2024-02-01T00:00:00.000Z"} {
				if !strings.Contains(first, want) {
					t.Errorf("row 1 is %s, without %s", first, want)
				}
			}
			if got.Rows[1][1] != "Grüße, \"日本\" 👍\nzweite Zeile" || got.Rows[1][2] != 9007199254740991.0 {
				t.Errorf("row 2 is %v", got.Rows[1])
			}
			for i, v := range got.Rows[2][1:] {
				if v != nil {
					t.Errorf("row 3, column %s is %v", got.Columns[i+1].Name, v)
				}
			}
		})
	}
}
