package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sharedImpact is where the published cases are kept, beside the project.
const sharedImpact = "../../../shared/impact"

// A plan says how the command reproduces a published case: the file, the flags and
// where in the answer the number stands; or which named function has it instead.
type plan struct {
	file  string // a sheet of the data set; "" is its data.csv, "-" none
	flags string
	pick  string
	named string
}

// TestPublishedCases walks every case of ../shared/impact through the command.
func TestPublishedCases(t *testing.T) {
	if _, err := os.Stat(sharedImpact); err != nil {
		t.Skipf("SKIPPED: %s is absent; the published cases were not tried", sharedImpact)
	}
	var total, byFlags, byName int
	var none []string
	for _, set := range sortedKeys(plans()) {
		t.Run(set, func(t *testing.T) {
			s := newShared(t, set)
			flags, named := 0, 0
			for _, c := range s.cases {
				p := plans()[set](c)
				switch {
				case p.flags != "":
					flags++
					s.reproduce(c, p)
				case p.named != "":
					named++
				default:
					none = append(none, set+"/"+c.id())
				}
			}
			t.Logf("%d cases: %d by flags, %d by named functions, %d not at all", len(s.cases), flags, named, len(s.cases)-flags-named)
			total, byFlags, byName = total+len(s.cases), byFlags+flags, byName+named
		})
	}
	t.Logf("%d cases: %d by flags, %d by named functions, %d not at all %v", total, byFlags, byName, len(none), none)
	if len(none) > 0 {
		t.Errorf("%d cases are reproduced neither by flags nor by a named function: %v", len(none), none)
	}
	if dirs, err := filepath.Glob(filepath.Join(sharedImpact, "*", "expected.json")); err != nil || len(dirs) != len(plans()) {
		t.Errorf("%d data sets have plans, of %d (%v)", len(plans()), len(dirs), err)
	}
}

// A sharedCase is one published number with whatever stands beside it.
type sharedCase map[string]any

func (c sharedCase) id() string { return c["id"].(string) }

// near reports whether got is want within the tolerance of the case.
func (c sharedCase) near(got, want float64) bool {
	tolerance, _ := c["tolerance"].(map[string]any)
	rel, _ := tolerance["rel"].(float64)
	abs, _ := tolerance["abs"].(float64)
	return math.Abs(got-want) <= max(abs, rel*math.Abs(want), 1e-12)
}

// A sharedSet is a data set, its cases, and the files and answers made from it.
type sharedSet struct {
	t       *testing.T
	name    string
	dir     string
	cases   []sharedCase
	answers map[string]answer
}

func newShared(t *testing.T, name string) *sharedSet {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(sharedImpact, name, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []sharedCase }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return &sharedSet{t: t, name: name, dir: t.TempDir(), cases: file.Cases, answers: map[string]answer{}}
}

// reproduce runs the command and compares.
func (s *sharedSet) reproduce(c sharedCase, p plan) {
	s.t.Helper()
	a := s.run(p.file, p.flags)
	if a.failed != "" {
		s.t.Errorf("%s: %s", c.id(), a.failed)
		return
	}
	got := a.pick(p.pick)
	if len(got) == 0 {
		s.t.Errorf("%s: the answer has no %s", c.id(), p.pick)
	}
	for _, key := range sortedKeys(got) {
		s.compare(c, key, got[key], c[key])
	}
	if _, ok := c["se"].(float64); ok && got["se"] == nil {
		s.t.Errorf("%s: the answer has no standard error", c.id())
	}
	for _, kind := range []string{"hc0", "hc1", "hc2", "hc3"} {
		key := "se_" + strings.ToUpper(kind)
		if want, ok := c[key]; ok && p.pick == "effect" && !strings.Contains(p.flags, "newey") {
			s.compare(c, key, s.run(p.file, p.flags+" --se "+kind).pick("effect")["se"], want)
		}
	}
}

// compare walks got and want together; what the case does not hold is not compared.
func (s *sharedSet) compare(c sharedCase, key string, got, want any) {
	s.t.Helper()
	switch g := got.(type) {
	case float64:
		for {
			list, ok := want.([]any)
			if !ok || len(list) != 1 {
				break
			}
			want = list[0]
		}
		if w, ok := want.(float64); ok && !c.near(g, w) {
			s.t.Errorf("%s: %s = %.12g, want %.12g (off by %.2g)", c.id(), key, g, w, math.Abs(g-w)/math.Abs(w))
		} else if !ok && key == "value" {
			s.t.Errorf("%s: got the number %v, want %v", c.id(), g, want)
		}
	case []float64:
		w, ok := want.([]any)
		if ok && len(w) != len(g) {
			s.t.Errorf("%s: %s has %d values, want %d", c.id(), key, len(g), len(w))
			return
		}
		for i := range w {
			if _, ok := w[i].(float64); ok {
				s.compare(c, fmt.Sprintf("%s[%d]", key, i), g[i], w[i])
			}
		}
	case map[string]float64:
		w, ok := want.(map[string]any)
		if !ok && key == "value" {
			s.t.Errorf("%s: got a list by name, want %v", c.id(), want)
		}
		for k, v := range w {
			x, ok := g[k]
			if !ok {
				if n, isNumber := v.(float64); isNumber && c.near(0, n) {
					continue
				}
				s.t.Errorf("%s: %s lacks %q", c.id(), key, k)
				continue
			}
			s.compare(c, key+"/"+k, x, v)
		}
	}
}

// run is the command on a sheet of the data set, kept: many cases read one answer.
func (s *sharedSet) run(file, flags string) answer {
	s.t.Helper()
	key := file + " " + flags
	if a, ok := s.answers[key]; ok {
		return a
	}
	args := append([]string{"estimate", "--format", "json"}, strings.Fields(flags)...)
	switch file {
	case "-":
	case "":
		args = append(args, filepath.Join(sharedImpact, s.name, "data.csv"))
	default:
		args = append(args, s.sheet(file))
	}
	var a answer
	var stdout, stderr bytes.Buffer
	if code := run(s.t.Context(), args, &stdout, &stderr); code != exitDone {
		a.failed = fmt.Sprintf("dials %s: exit code %d: %s", strings.Join(args, " "), code, stderr.String())
	} else if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
		a.failed = fmt.Sprintf("dials %s: %v", strings.Join(args, " "), err)
	}
	s.answers[key] = a
	return a
}

// An answer is the JSON of the command, as far as the cases need it.
type answer struct {
	failed     string
	Design     string
	Effect     map[string]float64 `json:"effect"`
	Effects    []map[string]any   `json:"effects"`
	Aggregates map[string]map[string]float64
	Weights    []map[string]any
	Checks     []map[string]any
	MDE        float64 `json:"mde"`
	Settings   map[string]any
}

// pick finds numbers of an answer under the names of the cases. what is "effect",
// "se", "statistic", "mde", "setting:NAME", "check:NAME", "coefficient:NAME",
// "cell:G:T", "gap:TIME", "average:KIND", "weights", "events", "cohorts" or "bacon".
func (a answer) pick(what string) map[string]any {
	kind, name, _ := strings.Cut(what, ":")
	switch kind {
	case "effect":
		e := a.Effect
		out := map[string]any{"value": e["estimate"], "df": e["df"], "p": e["p_value"], "omega": a.weights("unit")}
		if a.Design == "randomized" {
			out["welch_df"], out["welch_p"] = e["df"], e["p_value"]
		}
		if se, ok := e["std_error"]; ok {
			out["se"] = se
		}
		return out
	case "value":
		return map[string]any{"value": a.Effect["estimate"]}
	case "se":
		return map[string]any{"value": a.Effect["std_error"]}
	case "statistic":
		return map[string]any{"value": a.Effect["statistic"], "df": a.Effect["df"], "p": a.Effect["p_value"]}
	case "mde":
		return map[string]any{"value": a.MDE}
	case "setting":
		return map[string]any{"value": a.Settings[name]}
	case "check":
		for _, c := range a.Checks {
			if c["check"] == name {
				return map[string]any{"value": c["statistic"], "df": c["df"]}
			}
		}
	case "average":
		return a.average(name)
	case "weights":
		return map[string]any{"value": a.weights("unit")}
	case "predictors": // of the synthetic unit, in the order of name
		var out []float64
		means, _ := a.Settings["predictors_treated_synthetic_donors"].(map[string]any)
		for predictor := range strings.SplitSeq(name, ",") {
			list, _ := means[predictor].([]any)
			if len(list) != 3 {
				return nil
			}
			out = append(out, number64(list[1]))
		}
		return map[string]any{"value": out}
	case "bacon-weights": // in the order of name
		all := a.weights("bacon")
		var out []float64
		for comparison := range strings.SplitSeq(name, ",") {
			out = append(out, all[comparison])
		}
		return map[string]any{"value": out}
	case "balance":
		return a.balance()
	case "bacon":
		total := 0.0
		for _, w := range a.Weights {
			if strings.Contains(w["name"].(string), ":") {
				total += w["weight"].(float64) * number64(w["estimate"])
			}
		}
		return map[string]any{"value": total}
	default:
		return a.effect(kind, name)
	}
	return nil
}

func number64(v any) float64 {
	x, _ := v.(float64)
	return x
}

func (a answer) weights(kind string) map[string]float64 {
	out := map[string]float64{}
	for _, w := range a.Weights {
		if w["kind"] == kind {
			out[w["name"].(string)] = w["weight"].(float64)
		}
	}
	return out
}

// balance are the standardised differences of covariates before weighting.
func (a answer) balance() map[string]any {
	out := map[string]float64{}
	for _, c := range a.Checks {
		if note, _ := c["note"].(string); c["check"] == "balance" {
			name, _, _ := strings.Cut(note, ":")
			out[name] = number64(c["statistic"])
		}
	}
	return map[string]any{"value": out}
}

// average is an aggregate with its parts.
func (a answer) average(kind string) map[string]any {
	e := a.Aggregates[kind]
	out := map[string]any{"value": e["estimate"], "se": e["std_error"]}
	place := map[string]string{"event": "event_time", "group": "group", "calendar": "time"}[kind]
	var at, att, se []float64
	for _, e := range a.Effects {
		if place != "" && e["kind"] == kind {
			at, att, se = append(at, number64(e[place])), append(att, number64(e["estimate"])), append(se, number64(e["std_error"]))
		}
	}
	if place != "" {
		out["egt"], out["att_egt"], out["se_egt"] = at, att, se
	}
	return out
}

// effect finds one of the effects, or lists those of a kind.
func (a answer) effect(kind, name string) map[string]any {
	values, errors := map[string]float64{}, map[string]float64{}
	for _, e := range a.Effects {
		found := false
		switch kind {
		case "coefficient", "placebo":
			found = e["kind"] == kind && e["name"] == name
		case "cell":
			found = e["kind"] == "group-time" && name == fmt.Sprintf("%v:%v", e["group"], e["time"])
		case "gap":
			found = e["kind"] == "event" && name == fmt.Sprint(e["time"])
		case "event":
			found = e["kind"] == "event" && name == fmt.Sprint(e["event_time"])
		case "events", "cohorts":
			key := ""
			switch {
			case e["std_error"] == nil:
			case e["kind"] == "coefficient":
				key = e["name"].(string)
			case kind == "events" && e["kind"] == "event":
				key = fmt.Sprintf("year::%v", e["event_time"])
			case kind == "cohorts" && e["kind"] == "cohort":
				key = fmt.Sprintf("cohort::%v", e["group"])
			}
			values[key], errors[key] = number64(e["estimate"]), number64(e["std_error"])
		}
		if found {
			return map[string]any{"value": number64(e["estimate"]), "se": number64(e["std_error"]), "p_t": number64(e["p_value"])}
		}
	}
	if len(values) > 0 {
		return map[string]any{"value": values, "se": errors}
	}
	return nil
}

// A sheet is a CSV file in memory.
type sheet struct {
	header []string
	rows   [][]string
}

// A cell gives the text of a row's cell by its column.
type cell func(column string) string

func (s sheet) cells(row []string) cell {
	return func(column string) string { return row[slices.Index(s.header, column)] }
}

// where keeps some rows.
func (s sheet) where(keep func(cell) bool) sheet {
	out := sheet{header: s.header}
	for _, row := range s.rows {
		if keep(s.cells(row)) {
			out.rows = append(out.rows, row)
		}
	}
	return out
}

// with adds a column of numbers; NaN is a missing value.
func (s sheet) with(name string, value func(x func(string) float64) float64) sheet {
	out := sheet{header: append(slices.Clone(s.header), name)}
	for _, row := range s.rows {
		get := s.cells(row)
		v := value(func(column string) float64 {
			x, err := strconv.ParseFloat(get(column), 64)
			if err != nil {
				return math.NaN()
			}
			return x
		})
		text := ""
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			text = strconv.FormatFloat(v, 'g', -1, 64)
		}
		out.rows = append(out.rows, append(slices.Clone(row), text))
	}
	return out
}

// sheet writes a sheet of the data set and returns its path.
func (s *sharedSet) sheet(name string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, strings.ReplaceAll(name, "/", "-")+".csv")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	out := sheets()[s.name](s.data(), name)
	file, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	w := csv.NewWriter(file)
	if err := w.WriteAll(append([][]string{out.header}, out.rows...)); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *sharedSet) data() sheet {
	s.t.Helper()
	file, err := os.Open(filepath.Join(sharedImpact, s.name, "data.csv"))
	if os.IsNotExist(err) {
		return sheet{}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	return sheet{rows[0], rows[1:]}
}
