package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	parquetfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/xuri/excelize/v2"
)

// This file reads the written files through the written config.toml, as a reader
// of its own: it shares no code with what wrote them, nor with package ingest.

type config struct {
	Source []struct {
		Name       string
		TrustedLog bool `toml:"trusted_log"`
		Stream     []streamConfig
	}
}

type streamConfig struct {
	Name, Target, Delivery string
	Keep                   []string
	Options                struct {
		Path, Delimiter, Encoding, Decimal, Sheet string
		DateFormat                                string `toml:"date_format"`
		HeaderRow                                 int    `toml:"header_row"`
	}
	Map map[string]any
}

// A record is one row under its canonical column names; absent is absent.
type record map[string]string

// A table is all rows of one stream of one source.
type table struct {
	source  string
	config  streamConfig
	rows    []record
	headers [][]string // of each file
	files   []string
}

func readConfig(t *testing.T, dir string) config {
	t.Helper()
	var c config
	if _, err := toml.DecodeFile(filepath.Join(dir, "config.toml"), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// read returns the tables whose target is wanted, all of them without one.
func read(t *testing.T, dir string, wanted ...string) map[string][]table {
	t.Helper()
	all := map[string][]table{}
	for _, s := range readConfig(t, dir).Source {
		for _, c := range s.Stream {
			if len(wanted) > 0 && !strings.Contains(" "+strings.Join(wanted, " ")+" ", " "+c.Target+" ") {
				continue
			}
			x := table{source: s.Name, config: c}
			var err error
			if x.files, err = filepath.Glob(filepath.Join(dir, c.Options.Path)); err != nil || len(x.files) == 0 {
				t.Fatalf("%s.%s: no file at %s (%v)", s.Name, c.Name, c.Options.Path, err)
			}
			for _, path := range x.files {
				rows := readFile(t, path, c)
				x.headers = append(x.headers, rows[0])
				for _, row := range rows[1:] {
					x.rows = append(x.rows, c.canonical(t, path, rows[0], row))
				}
			}
			all[c.Target] = append(all[c.Target], x)
		}
	}
	return all
}

// rows returns all rows of a target.
func rows(all map[string][]table, target string) []record {
	var list []record
	for _, x := range all[target] {
		list = append(list, x.rows...)
	}
	return list
}

func readFile(t *testing.T, path string, c streamConfig) [][]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	switch filepath.Ext(path) {
	case ".csv":
		rows, err = readCSV(b, c)
	case ".jsonl":
		rows, err = readJSONLines(b)
	case ".xlsx":
		rows, err = readXLSX(b, c)
	case ".parquet":
		rows, err = readParquet(b)
	}
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d rows, %v", path, len(rows), err)
	}
	return rows
}

func readCSV(b []byte, c streamConfig) ([][]string, error) {
	if c.Options.Encoding == "latin-1" {
		var s strings.Builder
		for _, x := range b {
			s.WriteRune(rune(x))
		}
		b = []byte(s.String())
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	if c.Options.Delimiter != "" {
		r.Comma = rune(c.Options.Delimiter[0])
	}
	return r.ReadAll()
}

func readJSONLines(b []byte) ([][]string, error) {
	var objects []map[string]any
	var header []string
	index := map[string]int{}
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var o map[string]any
		d := json.NewDecoder(bytes.NewReader(s.Bytes()))
		d.UseNumber()
		if err := d.Decode(&o); err != nil {
			return nil, err
		}
		for k := range o {
			if _, ok := index[k]; !ok {
				index[k] = len(header)
				header = append(header, k)
			}
		}
		objects = append(objects, o)
	}
	rows := [][]string{header}
	for _, o := range objects {
		row := make([]string, len(header))
		for k, v := range o {
			row[index[k]] = fmt.Sprint(v)
		}
		rows = append(rows, row)
	}
	return rows, s.Err()
}

func readXLSX(b []byte, c streamConfig) ([][]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := f.GetRows(c.Options.Sheet)
	if err != nil {
		return nil, err
	}
	rows = rows[max(1, c.Options.HeaderRow)-1:]
	for i, row := range rows { // excelize cuts empty cells at the end
		for len(row) < len(rows[0]) {
			row = append(row, "")
		}
		rows[i] = row
	}
	return rows, nil
}

func readParquet(b []byte) ([][]string, error) {
	p, err := parquetfile.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	r, err := pqarrow.NewFileReader(p, pqarrow.ArrowReadProperties{BatchSize: 4096}, memory.NewGoAllocator())
	if err != nil {
		return nil, err
	}
	x, err := r.ReadTable(context.Background())
	if err != nil {
		return nil, err
	}
	defer x.Release()
	var header []string
	for _, f := range x.Schema().Fields() {
		header = append(header, f.Name)
	}
	rows := [][]string{header}
	batches := array.NewTableReader(x, 4096)
	defer batches.Release()
	for batches.Next() {
		rec := batches.RecordBatch()
		for i := range int(rec.NumRows()) {
			row := make([]string, len(header))
			for j := range row {
				if col := rec.Column(j); col.IsValid(i) {
					row[j] = col.ValueStr(i)
				}
			}
			rows = append(rows, row)
		}
	}
	return rows, batches.Err()
}

// canonical maps one row.
func (c streamConfig) canonical(t *testing.T, path string, header, row []string) record {
	t.Helper()
	at := map[string]string{}
	for i, h := range header {
		at[h] = row[i]
	}
	used := map[string]bool{}
	out := record{}
	for column, spec := range c.Map {
		var v string
		switch spec := spec.(type) {
		case string:
			v = take(t, path, at, used, spec)
		case map[string]any:
			v = c.mapped(t, path, at, used, spec)
		}
		if v != "" {
			out[column] = v
		}
	}
	for h, v := range at {
		if _, mapped := c.Map[h]; !mapped && !used[h] && v != "" {
			out[h] = v
		}
	}
	if c.Options.DateFormat != "" {
		for k, v := range out {
			if strings.HasSuffix(k, "_date") || k == "valid_from" || k == "valid_to" {
				if iso, err := time.Parse(goLayout(c.Options.DateFormat), v); err == nil {
					out[k] = iso.Format(time.DateOnly)
				}
			}
		}
	}
	if c.Options.Decimal == "," {
		for _, k := range []string{"amount", "paid_hours", "value"} {
			if v, ok := out[k]; ok {
				out[k] = strings.Replace(v, ",", ".", 1)
			}
		}
	}
	return out
}

func goLayout(s string) string {
	for _, p := range [][2]string{{"%Y", "2006"}, {"%m", "01"}, {"%d", "02"}} {
		s = strings.ReplaceAll(s, p[0], p[1])
	}
	return s
}

func take(t *testing.T, path string, at map[string]string, used map[string]bool, header string) string {
	t.Helper()
	v, ok := at[header]
	if !ok && filepath.Ext(path) != ".jsonl" {
		t.Fatalf("%s: no column %q", path, header)
	}
	used[header] = true
	return strings.TrimSpace(v)
}

func (c streamConfig) mapped(t *testing.T, path string, at map[string]string, used map[string]bool, spec map[string]any) string {
	t.Helper()
	if v, ok := spec["value"].(string); ok {
		return v
	}
	if list, ok := spec["from"].([]any); ok {
		var parts []string
		for _, h := range list {
			if v := take(t, path, at, used, h.(string)); v != "" {
				parts = append(parts, v)
			}
		}
		return strings.Join(parts, spec["join"].(string))
	}
	v := take(t, path, at, used, spec["from"].(string))
	if v == "" {
		return ""
	}
	if n, ok := spec["pad"].(int64); ok && len(v) < int(n) {
		v = strings.Repeat("0", int(n)-len(v)) + v
	}
	if f, ok := spec["format"].(string); ok {
		d, err := time.Parse(goLayout(f), v)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		v = d.Format(time.DateOnly)
	}
	if values, ok := spec["values"].(map[string]any); ok {
		w, known := values[v].(string)
		if !known && len(values) > 0 && (w == "") {
			return v
		}
		v = w
	}
	return v
}
