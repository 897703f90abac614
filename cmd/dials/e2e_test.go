package main

import (
	"encoding/csv"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// TestEndToEnd does what a newcomer does, with the real program: demo, sync,
// check, serve, page 1 in a client and in a browser. The page's numbers must be
// those that are computed here straight from the source files.
func TestEndToEnd(t *testing.T) {
	bin := buildDials(t)
	demo := filepath.Join(t.TempDir(), "demo")
	config := filepath.Join(demo, "config.toml")
	mustRun(t, bin, "demo", demo)
	mustRun(t, bin, "sync", "--config", config)
	if findings := mustRun(t, bin, "check", "--config", config); !strings.Contains(findings, "warning") {
		t.Errorf("check found none of the demo's planted flaws:\n%s", findings)
	}
	t.Run("stop", func(t *testing.T) { stopServer(t, bin, config) })
	live := openFlight(t, config)
	address := startServer(t, bin, config)
	page := getPage(t, address+"/")

	observations := readObservations(t, filepath.Join(demo, "performance", "observations.parquet"))
	for _, tt := range []struct {
		metric string
		want   map[string]float64 // by month
		places float64            // of the last digit shown
	}{
		{"revenue", observations["revenue"].sum(), 1},
		{"defects", observations["defects"].ratio(1000), 0.01},
		{"handling_time", observations["handling_time"].ratio(1), 0.01},
		{"voluntary_turnover", rollingTurnover(t, filepath.Join(demo, "hris", "employments.csv")), 0.01},
	} {
		t.Run(tt.metric, func(t *testing.T) {
			shown := monthsOf(t, page, tt.metric)
			for month, got := range shown {
				if want, ok := tt.want[month]; !ok || math.Abs(got-want) > tt.places {
					t.Errorf("%s: the page says %v, the source files %v", month, got, want)
				}
			}
			if len(shown) < 36 {
				t.Errorf("the page shows %d months, want 36 or more", len(shown))
			}
		})
	}
	t.Run("the running server does the work of other commands", func(t *testing.T) {
		mustRun(t, bin, "sync", "--config", config, "performance", "--full")
		out := filepath.Join(t.TempDir(), "out")
		mustRun(t, bin, "export", "marts.dials", "--config", config, "--format", "csv", "--out", out)
		if _, err := os.Stat(filepath.Join(out, "marts.dials.csv")); err != nil {
			t.Error(err)
		}
	})
	t.Run("live queries", func(t *testing.T) { queryLive(t, bin, config, address, live) })
	t.Run("browser", func(t *testing.T) { browseStrategicResults(t, address) })
}

// getPage returns the body of a page that is there.
func getPage(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%s", url, resp.Status, err, body)
	}
	return string(body)
}

var (
	tableRow = regexp.MustCompile(`<tr><th scope="row">([^<]+)</th><td class="num">([^<]+)</td>`)
	notDigit = regexp.MustCompile(`[^0-9.\x{2212}-]`)
)

// monthsOf reads the actual values, by month, of the table beside a dial's chart.
func monthsOf(t *testing.T, page, metric string) map[string]float64 {
	t.Helper()
	_, card, ok := strings.Cut(page, `id="dial-`+metric+`"`)
	card, _, closed := strings.Cut(card, "</article>")
	if !ok || !closed {
		t.Fatalf("page 1 has no dial %s", metric)
	}
	values := map[string]float64{}
	for _, row := range tableRow.FindAllStringSubmatch(card, -1) {
		if row[2] == "–" {
			continue // to come
		}
		month, err := time.Parse("Jan 2006", row[1])
		if err != nil {
			t.Fatal(err)
		}
		value, err := strconv.ParseFloat(notDigit.ReplaceAllString(row[2], ""), 64)
		if err != nil {
			t.Fatalf("%s: %q is not a number", row[1], row[2])
		}
		values[month.Format("2006-01")] = value
	}
	return values
}

// An observation is one row of the source file of the business measures.
type observation struct{ value, numerator, denominator float64 }

// series holds the observations of one dial by month.
type series map[string][]observation

func (s series) sum() map[string]float64 {
	months := map[string]float64{}
	for month, rows := range s {
		for _, o := range rows {
			months[month] += o.value
		}
	}
	return months
}

func (s series) ratio(factor float64) map[string]float64 {
	months := map[string]float64{}
	for month, rows := range s {
		var numerator, denominator float64
		for _, o := range rows {
			numerator += o.numerator
			denominator += o.denominator
		}
		months[month] = factor * numerator / denominator
	}
	return months
}

// readObservations reads the Parquet file with Arrow alone.
func readObservations(t *testing.T, path string) map[string]series {
	t.Helper()
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	reader, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := reader.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	all := map[string]series{}
	records := array.NewTableReader(table, 0)
	defer records.Release()
	for records.Next() {
		record := records.RecordBatch()
		column := func(name string) arrow.Array { return record.Column(record.Schema().FieldIndices(name)[0]) }
		number := func(name string, i int) float64 {
			v, err := strconv.ParseFloat(column(name).ValueStr(i), 64)
			if err != nil {
				return 0 // null
			}
			return v
		}
		for i := range int(record.NumRows()) {
			dial, month := column("dial").ValueStr(i), column("month").ValueStr(i)[:7]
			if all[dial] == nil {
				all[dial] = series{}
			}
			all[dial][month] = append(all[dial][month],
				observation{number("value", i), number("numerator", i), number("denominator", i)})
		}
	}
	return all
}

// A spell is one employment of one person, as the HRIS file has it.
type spell struct {
	person      string
	hired, left time.Time // left is zero while it lasts
	voluntary   bool
}

// readSpells reads the employees' spells: per employment the row entered last.
func readSpells(t *testing.T, path string) []spell {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[strings.TrimPrefix(name, "\ufeff")] = i
	}
	date := func(text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		d, err := time.Parse("02/01/2006", text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	last := map[string][]string{}
	for _, row := range rows[1:] {
		key := row[at["Employment No"]]
		if had := last[key]; had == nil || row[at["Entered at"]] >= had[at["Entered at"]] {
			last[key] = row
		}
	}
	var spells []spell
	for _, row := range last {
		if row[at["Contract"]] != "Permanent" {
			continue
		}
		spells = append(spells, spell{
			row[at["Employee No"]], date(row[at["Hired on"]]), date(row[at["Left on"]]), row[at["Voluntary"]] == "Y",
		})
	}
	return spells
}

// rollingTurnover is, for each month, the voluntary separations of twelve months
// in per cent of the mean of their average headcounts. Who is back within 31 days
// has not left.
func rollingTurnover(t *testing.T, path string) map[string]float64 {
	t.Helper()
	spells := readSpells(t, path)
	starts := map[string][]time.Time{}
	for _, s := range spells {
		starts[s.person] = append(starts[s.person], s.hired)
	}
	separations, heads := map[string]float64{}, map[string]float64{}
	first, end := time.Date(2022, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, s := range spells {
		for d := first; d.Before(end); d = d.AddDate(0, 0, 1) {
			if !d.Before(s.hired) && (s.left.IsZero() || d.Before(s.left)) {
				days := d.AddDate(0, 1, -d.Day()).Day()
				heads[d.Format("2006-01")] += 1 / float64(days)
			}
		}
		if s.voluntary && !s.left.IsZero() && !isBack(starts[s.person], s.left) {
			separations[s.left.AddDate(0, 0, -1).Format("2006-01")]++
		}
	}
	rates := map[string]float64{}
	for month := first.AddDate(0, 11, 0); month.Before(end); month = month.AddDate(0, 1, 0) {
		var left, average float64
		for i := range 12 {
			key := month.AddDate(0, -i, 0).Format("2006-01")
			left += separations[key]
			average += heads[key] / 12
		}
		rates[month.Format("2006-01")] = 100 * left / average
	}
	return rates
}

// isBack reports whether one of the starts lies within 31 days after left.
func isBack(starts []time.Time, left time.Time) bool {
	for _, start := range starts {
		if gap := start.Sub(left).Hours() / 24; gap >= 0 && gap <= 31 {
			return true
		}
	}
	return false
}
