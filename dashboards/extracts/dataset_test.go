package extracts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"dials/warehouse"
)

func (s *site) writer(t *testing.T, env map[string]string) Writer {
	scratch, err := s.w.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	return Writer{
		Marts: s.server.Marts, Engine: warehouse.Batches, Scratch: scratch, Clock: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
		Getenv: func(name string) string { return env[name] },
	}
}

// A dataset is what its manifest says, on this machine and on S3; unchanged data are
// not written again, and a version goes when it is old enough.
func TestDatasets(t *testing.T) {
	s := newSite(t, append(cells(), "insert into marts.dial_monthly by name select 'turnover' as metric_id, 'A' as unit_id, date '2025-12-01' as month, 0.3 as value, 50 as people_n, 50 as n, true as is_complete, false as is_hidden, false as is_range")...)
	store := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithAutoBucket(true)).Server())
	defer store.Close()
	env := map[string]string{"KEY": "id", "SECRET": "secret"}
	for name, e := range map[string]*Export{
		"folder": {Name: "bi", To: filepath.Join(t.TempDir(), "bi"), As: "analyst", Extracts: []string{"dials", "dial_monthly"}},
		"s3": {
			Name: "lake", To: "s3://bucket/deep/prefix", As: "analyst", Extracts: []string{"dials", "dial_monthly"},
			Endpoint: strings.TrimPrefix(store.URL, "http://"), Insecure: true, AccessKeyEnv: "KEY", SecretKeyEnv: "SECRET", Region: "us-east-1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := e.Check(); err != nil {
				t.Fatal(err)
			}
			w := s.writer(t, env)
			written, err := w.Write(t.Context(), e)
			if err != nil || len(written) != 2 || written[1].Rows != 4 || written[1].Files != 2 {
				t.Fatal(written, err)
			}
			to, err := openDestination(e, w.Getenv)
			if err != nil {
				t.Fatal(err)
			}
			m := checkDataset(t, to, "dial_monthly", 4)
			if m.Policy != "analyst" || len(m.Columns) != 12 || m.Columns[0].Definition == "" {
				t.Errorf("%+v", m)
			}
			written, err = w.Write(t.Context(), e)
			if err != nil || !written[0].Kept || !written[1].Kept {
				t.Errorf("unchanged: %v %v", written, err)
			}
			var folders []string
			for i := range 3 {
				folders = append(folders, strings.Split(m.Files[0].Path, "/")[0])
				s.change(t, fmt.Sprintf("update marts.dial_monthly set n = %d", 100+i))
				if _, err := w.Write(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				m = checkDataset(t, to, "dial_monthly", 4)
			}
			if _, err := to.read(t.Context(), "dial_monthly/"+folders[2]+"/year=2026/part-0.parquet"); err != nil {
				t.Errorf("the version before the last is gone: %v", err)
			}
			if _, err := to.read(t.Context(), "dial_monthly/"+folders[0]+"/year=2026/part-0.parquet"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("an old version is still there: %v", err)
			}
		})
	}
}

// checkDataset reads every file that the manifest names.
func checkDataset(t *testing.T, to destination, extract string, rows int64) *Manifest {
	t.Helper()
	m, err := manifestIn(t.Context(), to, extract)
	if err != nil || m == nil {
		t.Fatal(m, err)
	}
	var found int64
	for _, f := range m.Files {
		text, err := to.read(t.Context(), extract+"/"+f.Path)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "part.parquet")
		writeFile(t, file, text)
		size, sum, err := hashOf(file)
		if err != nil || size != f.Bytes || sum != f.SHA256 || !bytes.HasPrefix(text, []byte("PAR1")) {
			t.Errorf("%s: %d bytes %s, %v; the manifest says %+v", f.Path, size, sum, err, f)
		}
		found += f.Rows
	}
	if found != rows || m.Rows != rows {
		t.Errorf("%d rows in the files, %d in the manifest, want %d", found, m.Rows, rows)
	}
	return m
}

// A failed export leaves the dataset that was there.
func TestDatasetFailsWhole(t *testing.T) {
	s := newSite(t, cells()...)
	dir := t.TempDir()
	e := &Export{Name: "bi", To: dir, As: "analyst", Extracts: []string{"dial_monthly"}}
	w := s.writer(t, nil)
	if _, err := w.Write(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "dial_monthly", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	s.change(t, "update marts.dial_monthly set n = 7")
	w.Record = func(*Export, Written) error { return errors.New("the audit is full") }
	if _, err := w.Write(t.Context(), e); err == nil {
		t.Error("it left without being recorded")
	}
	w.Record = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Write(ctx, e); err == nil {
		t.Error("it was written after its end")
	}
	after, err := os.ReadFile(filepath.Join(dir, "dial_monthly", "manifest.json"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the manifest changed: %v", err)
	}
	var m Manifest
	if err := json.Unmarshal(after, &m); err != nil {
		t.Fatal(err)
	}
	checkDataset(t, folder(dir), "dial_monthly", 3)
}

func TestExportIsChecked(t *testing.T) {
	for want, e := range map[string]Export{
		"name is missing":   {To: "x", As: "analyst", Extracts: []string{"dials"}},
		"to is missing":     {Name: "x", As: "analyst", Extracts: []string{"dials"}},
		"policy \"boss\"":   {Name: "x", To: "x", As: "boss", Extracts: []string{"dials"}},
		"there is no \"y\"": {Name: "x", To: "x", As: "analyst", Extracts: []string{"y"}},
		"extracts is empty": {Name: "x", To: "x", As: "analyst"},
	} {
		if err := e.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", e, err, want)
		}
	}
	if _, err := openDestination(&Export{To: "s3://b/p", AccessKeyEnv: "A", SecretKeyEnv: "B"}, func(string) string { return "" }); err == nil {
		t.Error("S3 without keys was opened")
	}
}
