package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// wobble is noise that a formula makes: the same everywhere, of about unit variance.
func wobble(i, j int) float64 {
	x := math.Sin(float64(12*i+78*j)+0.5*float64(i*j)) * 43758.5453
	return 3.4 * (x - math.Floor(x) - 0.5)
}

// smallFiles writes the data of the tests below: a staggered panel, a panel with one
// date, two periods of it, a series and people.
func smallFiles(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, header string, rows func(row func(format string, args ...any))) {
		var b bytes.Buffer
		fmt.Fprintln(&b, header)
		rows(func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) })
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	panel := func(units, periods int, first func(unit int) int) func(row func(string, ...any)) {
		return func(row func(string, ...any)) {
			for i := range units {
				g := first(i)
				for p := 1; p <= periods; p++ {
					on := int(truth(g > 0 && p >= g))
					y := 10 + float64(i%7) + 0.3*float64(p) + 2*float64(on) + wobble(i, p)
					row("unit %02d,%d,%.4f,%d,%d,%d,%.4f,%d,%d", i, p, y, g, int(truth(g > 0)), on, wobble(i, 0)+0.2*wobble(p, i), i/4, 2*p/(periods+2))
				}
			}
		}
	}
	const header = "unit,period,y,first,treated,on,x,region,after"
	write("staggered.csv", header, panel(40, 8, func(i int) int { return []int{0, 4, 6, 0}[i%4] }))
	write("block.csv", header, panel(30, 12, func(i int) int { return int(9 * truth(i%3 == 0)) }))
	write("one.csv", header, panel(16, 14, func(i int) int { return int(10 * truth(i == 0)) }))
	write("two.csv", header, panel(60, 2, func(i int) int { return int(2 * truth(i%2 == 0)) }))
	write("series.csv", "month,y,other,post,people,count", func(row func(string, ...any)) {
		for i := range 48 {
			on := truth(i >= 30)
			y := 50 + 0.2*float64(i) - 6*on + 2*math.Sin(float64(i)*math.Pi/6) + wobble(i, 3)
			row("%d-%02d-01,%.4f,%.4f,%d,%d,%d", 2020+i/12, i%12+1, y, 50+0.2*float64(i)+wobble(i, 5), int(on), 1000+i, int(40+10*on+3*wobble(i, 7)))
		}
	})
	write("people.csv", "id,y,took,offered,age,score,team", func(row func(string, ...any)) {
		for i := range 120 {
			age, score := 30+20*math.Abs(wobble(i, 1)), wobble(i, 2)
			offered := truth(wobble(i, 4) > 0)
			took := truth(wobble(i, 4)+0.8*wobble(i, 6) > 0)
			row("%d,%.4f,%d,%d,%.3f,%.4f,%d", i, 5+1.5*took+0.05*age+score+wobble(i, 9), int(took), int(offered), age, score, i/10)
		}
	})
	return dir
}

// smallRuns are one run or more of every design.
var smallRuns = []struct{ name, file, flags string }{
	{"randomized", "people.csv", "--design randomized --outcome y --treated took --covariates age,score"},
	{"randomized-late", "people.csv", "--design randomized --outcome y --treated took --instrument offered"},
	{"before-after", "block.csv", "--design before-after --outcome y --unit unit --time period --at 9"},
	{"its", "series.csv", "--design its --outcome y --time month --at 2022-07-01 --season fourier:1"},
	{"its-newey-west", "series.csv", "--design its --outcome y --time month --at 2022-07-01 --comparison other --se newey-west"},
	{"its-counts", "series.csv", "--design its --outcome count --time month --post post --offset people --family quasi-poisson"},
	{"did", "block.csv", "--design did --outcome y --unit unit --time period --treated treated --at 9"},
	{"did-two", "two.csv", "--design did --outcome y --treated treated --post after --covariates x --se hc1"},
	{"event-study", "block.csv", "--design event-study --outcome y --unit unit --time period --first-treated first"},
	{"twfe", "staggered.csv", "--design twfe --outcome y --unit unit --time period --treated on --cluster region --weights-report bacon"},
	{"staggered", "staggered.csv", "--design staggered --outcome y --unit unit --time period --first-treated first --covariates x"},
	{"staggered-efficient", "staggered.csv", "--design staggered --outcome y --unit unit --time period --first-treated first --method efficient"},
	{"sun-abraham", "staggered.csv", "--design sun-abraham --outcome y --unit unit --time period --first-treated first"},
	{"imputation", "staggered.csv", "--design imputation --outcome y --unit unit --time period --first-treated first"},
	{"synthetic-control", "one.csv", "--design synthetic-control --outcome y --unit unit --time period --treated on --placebo-space"},
	{"sdid", "one.csv", "--design sdid --outcome y --unit unit --time period --treated on"},
	{"drdid", "two.csv", "--design drdid --outcome y --unit unit --time period --treated on --covariates x"},
	{"drdid-rc", "two.csv", "--design drdid-rc --outcome y --time period --treated treated --covariates x --method dr-improved"},
	{"matching", "people.csv", "--design matching --outcome y --treated took --covariates age,score --neighbours 2 --bias-adjust"},
	{"ipw", "people.csv", "--design ipw --outcome y --treated took --covariates age,score --estimand att"},
	{"aipw", "people.csv", "--design aipw --outcome y --treated took --covariates age,score"},
	{"ra", "people.csv", "--design ra --outcome y --treated took --covariates age,score"},
	{"ipwra", "people.csv", "--design ipwra --outcome y --treated took --covariates age,score"},
	{"ols", "people.csv", "--design ols --outcome y --treated took --covariates age,score --cluster team --se cr2"},
	{"power", "", "--design power --n1 40 --n2 50 --sd 2 --effect 1"},
}

// Every design answers, and its JSON is that of the golden file to nine digits: shape,
// names, checks and settings.
func TestEstimateDesigns(t *testing.T) {
	dir := smallFiles(t)
	for _, tt := range smallRuns {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"estimate", "--format", "json"}, strings.Fields(tt.flags)...)
			if tt.file != "" {
				args = append(args, filepath.Join(dir, tt.file))
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), args, &stdout, &stderr); code != exitDone {
				t.Fatalf("exit code %d: %s", code, stderr.String())
			}
			file := filepath.Join("testdata", "estimate", tt.name+".json")
			if *update {
				if err := os.WriteFile(file, stdout.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			nearly := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) })
			if diff := cmp.Diff(parsed(t, want), parsed(t, stdout.Bytes()), nearly); diff != "" {
				t.Errorf("(-want +got), go test -update accepts:\n%s", diff)
			}
			// The table says the same to people.
			var table bytes.Buffer
			args[2] = "table"
			if code := run(t.Context(), args, &table, &stderr); code != exitDone || !strings.Contains(table.String(), "design  ") {
				t.Errorf("exit code %d: %s%s", code, table.String(), stderr.String())
			}
		})
	}
}

func parsed(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// The order of rows and the format of the file change nothing.
func TestEstimateSameBytes(t *testing.T) {
	dir := smallFiles(t)
	raw, err := os.ReadFile(filepath.Join(dir, "staggered.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	for i, j := 1, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	if err := os.WriteFile(filepath.Join(dir, "backwards.csv"), []byte(strings.Join(lines, "\r\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	answer := func(file string) string {
		var stdout, stderr bytes.Buffer
		args := strings.Fields("estimate --format json --design staggered --se bootstrap --draws 99 --outcome y --unit unit --time period --first-treated first --covariates x")
		if code := run(t.Context(), append(args, filepath.Join(dir, file)), &stdout, &stderr); code != exitDone {
			t.Fatal(stderr.String())
		}
		out, _, _ := strings.Cut(stdout.String(), `"sha256"`)
		return out
	}
	if diff := cmp.Diff(answer("staggered.csv"), answer("backwards.csv")); diff != "" {
		t.Errorf("rows backwards (-want +got)\n%s", diff)
	}
}

// Unusable input is exit code 2 and one line that says what is wrong.
func TestEstimateRefuses(t *testing.T) {
	dir := smallFiles(t)
	for name, text := range map[string]string{
		"reversal.csv":  "u,t,d,y\na,1,0,1\na,2,1,2\na,3,0,3\nb,1,0,1\nb,2,0,1\nb,3,0,2\n",
		"duplicate.csv": "u,t,d,y\na,1,0,1\na,2,1,2\nb,1,0,1\nb,2,0,4\nb,2,0,3\n",
		"all.csv":       "u,t,d,y\na,1,1,1\na,2,1,2\nb,1,1,1\nb,2,1,4\n",
		"constant.csv":  "u,t,d,y\na,1,0,5\na,2,1,5\nb,1,0,5\nb,2,0,5\n",
		"collinear.csv": "y,d,x,double,one\n1,0,1,2,1\n2,1,2,4,1\n4,0,3,6,1\n3,1,5,10,1\n2,0,4,8,1\n1,1,1,2,1\n",
		"ragged.csv":    "y,d\n1,0\n2\n",
		"missing.csv":   "y,d\nNA,0\n.,1\n,1\nNaN,0\n",
		"data.xlsx":     "not one",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	panel := "--outcome y --unit u --time t --treated d "
	ols := "--design ols --outcome y --treated d "
	type refusal struct{ flags, file, want string }
	refusals := []refusal{
		{ols + "--covariates x,double", "collinear.csv", `column "double" is collinear with "x"`},
		{ols + "--cluster one", "collinear.csv", `one cluster: column "one" has a single value`},
		{ols + "--covariates dubble", "collinear.csv", `--covariates: no column "dubble"; did you mean "double"?`},
		{ols + "--covariates revenue", "collinear.csv", `no column "revenue"; the file has y, d, x, double, one`},
		{ols + "--fe x^two", "collinear.csv", `--fe: no column "two"`},
		{ols, "missing.csv", "no row has a value in every column"},
		{ols, "none.csv", "none.csv: there is no such file"},
		{ols, "data.xlsx", `its ending ".xlsx" is not .csv, .parquet or .arrow`},
		{ols, "ragged.csv", "line 3: not as many values as the header has"},
		{ols, "", "FILE"},
		{ols + "second.csv", "all.csv", "FILE"},
		{"--design olz --outcome y", "all.csv", `--design "olz": want one of`},
		{"--outcome y", "all.csv", "want --design, one of"},
		{"--design ols --treated d", "all.csv", "want --outcome"},
		{ols + "--se hc9", "all.csv", `--se "hc9": want`},
		{ols + "--dof r", "all.csv", `--dof "r": want stata, fixest or none`},
		{ols + "--level 95", "all.csv", "--level 95: want a number between 0 and 1"},
		{ols + "--level high", "all.csv", `"high"`},
		{ols + "--seed 0", "all.csv", "--seed 0"},
		{ols + "--draws -1", "all.csv", "--draws -1"},
		{ols + "--lags many", "all.csv", `--lags "many": want a number from 0, or auto`},
		{ols + "--season week", "all.csv", `--season "week": want none, month, quarter or fourier:K`},
		{ols + "--season fourier", "all.csv", `--season "fourier"`},
		{ols + "--sensitivity honest", "all.csv", "want honest-rm:M or honest-sd:M"},
		{ols + "--cluster a,b,c", "all.csv", "--cluster names 3 columns"},
		{ols + "--format xml", "all.csv", `--format "xml": want table or json`},
		{ols + "--loud", "all.csv", `unknown flag: --loud: see "dials help estimate"`},
		{"--design matching --outcome y --treated d --covariates x --neighbours 0", "all.csv", "--neighbours 0"},
		{"--design power", "all.csv", "design power reads no file"},
		{"--design power", "", "--n1"},
		{"--design power --n1 40 --power 2", "", "power 2"},
		{"--design power --n1 40 --post after", "", `--post "after": want the number of periods after`},
		{"--design its --outcome y --time t --at 2", "duplicate.csv", "duplicate unit and period"},
		{"--design randomized --outcome y --treated d", "all.csv", `no comparison: column "d" is 1 everywhere`},
		{"--design randomized --outcome y --treated t", "all.csv", "it must be 0 or 1"},
	}
	for _, design := range []string{"did", "twfe", "event-study", "staggered", "sun-abraham", "imputation", "synthetic-control", "sdid"} {
		refusals = append(refusals,
			refusal{"--design " + design + " " + panel, "reversal.csv", "treated and then untreated: unit a is treated before period 3"},
			refusal{"--design " + design + " " + panel, "duplicate.csv", "duplicate unit and period: unit b has two rows in period 2"},
			refusal{"--design " + design + " " + panel, "all.csv", "no comparison"},
			refusal{"--design " + design + " " + panel, "constant.csv", `the outcome is constant: every row of "y" holds 5`})
	}
	for _, tt := range refusals {
		args := append([]string{"estimate"}, strings.Fields(tt.flags)...)
		if tt.file != "" {
			args = append(args, filepath.Join(dir, tt.file))
		}
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, &stdout, &stderr)
		words := strings.TrimSpace(stderr.String())
		if code != exitFailed || stdout.Len() > 0 || strings.Contains(words, "\n") || !strings.Contains(words, tt.want) {
			t.Errorf("%s %s: exit code %d, %q, want %q in one line", tt.flags, tt.file, code, words, tt.want)
		}
	}
}
