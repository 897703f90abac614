package impact

import (
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

const casesDir = "../../../shared/impact"

// A testCase is one published number of the shared folder.
type testCase map[string]any

func (c testCase) id() string { return c["id"].(string) }

// tolerance is how far got may be from want: an absolute or a relative number.
func (c testCase) near(got, want float64) bool {
	tol, _ := c["tolerance"].(map[string]any)
	allowed := 1e-9
	if rel, ok := tol["rel"].(float64); ok {
		allowed = rel * math.Abs(want)
	}
	if abs, ok := tol["abs"].(float64); ok {
		allowed = abs
	}
	return math.Abs(got-want) <= max(allowed, 1e-12)
}

// A dataset is one folder of cases with its data.
type dataset struct {
	name  string
	frame *Frame
	cases []testCase
	memo  map[string]*Report
}

func loadDataset(t *testing.T, name string) *dataset {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(casesDir, name, "expected.json"))
	if err != nil {
		t.Skipf("no published cases beside the project: %v", err)
	}
	var file struct{ Cases []testCase }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	d := &dataset{name: name, cases: file.Cases, memo: map[string]*Report{}}
	if in, err := os.Open(filepath.Join(casesDir, name, "data.csv")); err == nil {
		defer in.Close()
		rows, err := csv.NewReader(in).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		columns := make([]Column, len(rows[0]))
		for j, n := range rows[0] {
			columns[j] = Column{Name: n, Text: make([]string, len(rows)-1)}
			for i, row := range rows[1:] {
				columns[j].Text[i] = row[j]
			}
		}
		if d.frame, err = NewFrame(columns...); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// with adds a computed column of numbers.
func (d *dataset) with(name string, f func(row func(string) float64) float64) *dataset {
	columns := map[string][]float64{}
	row := 0
	get := func(n string) float64 {
		if _, ok := columns[n]; !ok {
			x, err := d.frame.Number(n)
			if err != nil {
				panic(err)
			}
			columns[n] = x
		}
		return columns[n][row]
	}
	x := make([]float64, d.frame.rows)
	for row = range x {
		x[row] = f(get)
	}
	frame, err := NewFrame(append(slices.Clone(d.frame.columns), Column{Name: name, Numbers: x})...)
	if err != nil {
		panic(err)
	}
	return &dataset{name: d.name, frame: frame, cases: d.cases, memo: map[string]*Report{}}
}

// where keeps the rows for which f holds.
func (d *dataset) where(f func(text func(string) string) bool) *dataset {
	columns := map[string][]string{}
	row := 0
	get := func(n string) string {
		if _, ok := columns[n]; !ok {
			x, err := d.frame.text(n)
			if err != nil {
				panic(err)
			}
			columns[n] = x
		}
		return columns[n][row]
	}
	var keep []int
	for row = range d.frame.rows {
		if f(get) {
			keep = append(keep, row)
		}
	}
	return &dataset{name: d.name, frame: d.frame.pick(keep), cases: d.cases, memo: map[string]*Report{}}
}

// run is Run, kept: many cases read one report.
func (d *dataset) run(t *testing.T, s Spec) *Report {
	t.Helper()
	key := fmt.Sprintf("%+v", s)
	if r, ok := d.memo[key]; ok {
		return r
	}
	r, err := Run(s, d.frame)
	if err != nil {
		t.Fatalf("%s %s: %v", d.name, s.Design, err)
	}
	d.memo[key] = r
	return r
}

// named is the effect of a name among a report's effects.
func (r *Report) named(t *testing.T, name string) Estimate {
	t.Helper()
	for _, e := range r.Effects {
		if e.Name == name {
			return e.Estimate
		}
	}
	t.Fatalf("no effect %q", name)
	return Estimate{}
}

// A covering says what the package gives for a case: values by the case's own keys,
// nil for a case that another package's helper covers.
type covering func(t *testing.T, d *dataset, c testCase) map[string]any

// of is the usual pair of values.
func of(e Estimate) map[string]any { return map[string]any{"value": e.Value, "se": e.StdErr} }

// compare walks got and want together.
func compare(t *testing.T, c testCase, key string, got, want any) {
	t.Helper()
	switch g := got.(type) {
	case float64:
		for {
			list, ok := want.([]any)
			if !ok || len(list) != 1 {
				break
			}
			want = list[0]
		}
		w, ok := want.(float64)
		if !ok {
			t.Errorf("%s: no number %s in the case, got %v", c.id(), key, g)
		} else if !c.near(g, w) {
			t.Errorf("%s: %s = %.12g, want %.12g (off by %.2g)", c.id(), key, g, w, math.Abs(g-w)/math.Abs(w))
		}
	case []float64:
		w, _ := want.([]any)
		if len(w) != len(g) {
			t.Errorf("%s: %s has %d values, want %d", c.id(), key, len(g), len(w))
			return
		}
		for i := range g {
			if w[i] != nil {
				if _, isText := w[i].(string); !isText {
					compare(t, c, fmt.Sprintf("%s[%d]", key, i), g[i], w[i])
				}
			}
		}
	case map[string]float64:
		w, ok := want.(map[string]any)
		if !ok {
			t.Errorf("%s: %s is no map", c.id(), key)
			return
		}
		for k, v := range w {
			x, ok := g[k]
			if !ok {
				t.Errorf("%s: %s lacks %q", c.id(), key, k)
				continue
			}
			compare(t, c, key+"/"+k, x, v)
		}
	}
}

// TestPublished walks every case of the shared folder that this package's
// regressions cover, and lists the others.
func TestPublished(t *testing.T) {
	if _, err := os.Stat(casesDir); err != nil {
		t.Skipf("SKIPPED: the published cases are not beside the project (%s)", casesDir)
	}
	covered, total := 0, 0
	var missing []string
	for _, name := range coveringNames() {
		t.Run(name, func(t *testing.T) {
			d := loadDataset(t, name)
			cover := coverings()[name]
			for _, c := range d.cases {
				total++
				got := cover(t, d, c)
				if got == nil {
					missing = append(missing, name+"/"+c.id())
					continue
				}
				covered++
				for key, g := range got {
					compare(t, c, key, g, c[key])
				}
			}
		})
	}
	t.Logf("%d of %d cases covered here; not here: %s", covered, total, strings.Join(missing, " "))
}

func coveringNames() []string {
	var names []string
	for n := range coverings() {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func coverings() map[string]covering {
	return map[string]covering{
		"petersen":              coverPetersen,
		"base_did":              coverBaseDiD,
		"macro_hac":             coverMacro,
		"kielmc":                coverKielMC,
		"jtrain":                coverJTrain,
		"lalonde":               coverLaLonde,
		"card_krueger":          coverCardKrueger,
		"castle":                coverCastle,
		"math_reform":           coverMathReform,
		"mpdta":                 coverMPDTA,
		"itsa_california":       coverITSA,
		"sicily":                coverSicily,
		"causalimpact_vignette": coverCausalImpact,
		"base_stagg":            coverBaseStagg,
	}
}

func coverPetersen(t *testing.T, d *dataset, c testCase) map[string]any {
	s := Spec{Design: "ols", Outcome: "y", Covariates: []string{"x"}}
	coef := "x"
	if strings.HasSuffix(c.id(), "_const") {
		coef = "const"
	}
	kind := strings.TrimSuffix(strings.TrimSuffix(c.id(), "_x"), "_const")
	switch kind {
	case "ols":
		s.SE = "classical"
	case "white_hc1":
		s.SE = "hc1"
	case "cluster_firm":
		s.SE, s.Cluster = "cluster", []string{"firm"}
	case "cluster_year":
		s.SE, s.Cluster = "cluster", []string{"year"}
	case "cluster_both_cgm":
		s.SE, s.Cluster = "cluster", []string{"firm", "year"}
		out := of(d.run(t, s).named(t, coef))
		s.DoF = "fixest"
		out["fixest_twoway"] = d.run(t, s).named(t, coef).StdErr
		return out
	case "fe_firm_year_cluster_firm":
		s.SE, s.Cluster, s.Fixed, s.DoF = "cluster", []string{"firm"}, []string{"firm", "year"}, "fixest"
	case "cr2_year":
		s.SE, s.Cluster = "cr2", []string{"year"}
		e := d.run(t, s).named(t, coef)
		return map[string]any{"value": e.Value, "se": e.StdErr, "df": e.DF, "p": e.P}
	case "fama_macbeth":
		time, _ := d.frame.Key("year")
		e, err := FamaMacBeth(numbersOf(t, d.frame, "y"), columnsOf(t, d.frame, []string{"x"}), []string{"x"}, time, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		return of(e[1])
	default:
		return nil
	}
	return of(d.run(t, s).named(t, coef))
}

func coverBaseDiD(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	lag := id[len(id)-1:]
	twfe := Spec{Design: "twfe", Outcome: "y", Treated: "treat", Post: "post", Unit: "id", Time: "period", Covariates: []string{"x1"}}
	ols := Spec{Design: "ols", Outcome: "y", Unit: "id", Time: "period", Covariates: []string{"x1"}, DoF: "fixest"}
	switch {
	case strings.HasPrefix(id, "event_"):
		r := d.run(t, Spec{Design: "event-study", Outcome: "y", Treated: "treat", At: "6", Unit: "id", Time: "period", Covariates: []string{"x1"}})
		if id == "event_x1" {
			return of(r.named(t, "x1"))
		}
		var period int
		if _, err := fmt.Sscanf(id, "event_period__%d", &period); err != nil {
			t.Fatal(err)
		}
		return of(r.named(t, "event::"+formatNumber(float64(period-6))))
	case id == "twfe_did":
		out := of(*d.run(t, twfe).Effect)
		twfe.DoF = "stata"
		out["se_K_full"] = d.run(t, twfe).Effect.StdErr
		twfe.SE = "classical"
		out["se_iid"] = d.run(t, twfe).Effect.StdErr
		twfe.SE = "hc1"
		out["se_hetero"] = d.run(t, twfe).Effect.StdErr
		twfe.SE, twfe.DoF, twfe.Cluster = "cluster", "fixest", []string{"id", "period"}
		out["se_twoway_Gmin"] = d.run(t, twfe).Effect.StdErr
		return out
	case strings.HasPrefix(id, "nw_lag"):
		twfe.SE, twfe.Lags = "newey-west", lag
		return of(*d.run(t, twfe).Effect)
	case strings.HasPrefix(id, "dk_lag"):
		twfe.SE, twfe.Lags = "driscoll-kraay", lag
		return of(*d.run(t, twfe).Effect)
	case id == "ols_nw1_x1":
		ols.SE, ols.Lags = "newey-west", "1"
	case id == "ols_cluster_id_x1":
		ols.SE, ols.Cluster = "cluster", []string{"id"}
	case id == "fe_period_cluster_id_x1":
		ols.SE, ols.Fixed, ols.Cluster = "cluster", []string{"period"}, []string{"id"}
	case id == "fe_period_cluster_period_x1":
		ols.SE, ols.Fixed, ols.Cluster = "cluster", []string{"period"}, []string{"period"}
	case id == "fe_period_twoway_x1":
		ols.SE, ols.Fixed, ols.Cluster = "cluster", []string{"period"}, []string{"id", "period"}
	case id == "fe_period_nw2_x1":
		ols.SE, ols.Fixed, ols.Lags = "newey-west", []string{"period"}, "2"
	case id == "fe_id_cluster_id_x1":
		ols.SE, ols.Fixed, ols.Cluster = "cluster", []string{"id"}, []string{"id"}
	case id == "did_means":
		e := *d.run(t, Spec{Design: "did", Outcome: "y", Treated: "treat", Post: "post"}).Effect
		return map[string]any{"value": e.Value}
	default:
		return nil
	}
	return of(*d.run(t, ols).Effect)
}

func macroFrame(d *dataset) *dataset {
	gdp, _ := d.frame.Number("realgdp")
	inv, _ := d.frame.Number("realinv")
	rate, _ := d.frame.Number("realint")
	n := len(gdp) - 1
	gy, gx, lag, time := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		gy[i] = 400 * (math.Log(inv[i+1]) - math.Log(inv[i]))
		gx[i] = 400 * (math.Log(gdp[i+1]) - math.Log(gdp[i]))
		lag[i], time[i] = rate[i], float64(i)
	}
	f, err := NewFrame(Column{Name: "y", Numbers: gy}, Column{Name: "g_realgdp", Numbers: gx}, Column{Name: "l_realint", Numbers: lag}, Column{Name: "t", Numbers: time})
	if err != nil {
		panic(err)
	}
	return &dataset{frame: f, memo: map[string]*Report{}}
}

func coverMacro(t *testing.T, d *dataset, c testCase) map[string]any {
	m := macroFrame(d)
	s := Spec{Design: "ols", Outcome: "y", Covariates: []string{"g_realgdp", "l_realint"}, Time: "t"}
	coef := "g_realgdp"
	if strings.HasSuffix(c.id(), "_l_realint") {
		coef = "l_realint"
	}
	if strings.HasSuffix(c.id(), "_const") || strings.HasSuffix(c.id(), "(Intercept)") {
		coef = "const"
	}
	kind := c.id()
	switch {
	case strings.HasPrefix(kind, "hc1"):
		s.SE = "hc1"
	case strings.HasPrefix(kind, "hc0"):
		s.SE = "hc0"
	case strings.HasPrefix(kind, "newey4_large"):
		s.SE, s.Lags, s.DoF = "newey-west", "4", "none"
	case strings.HasPrefix(kind, "newey4"):
		s.SE, s.Lags = "newey-west", "4"
	case strings.HasPrefix(kind, "nw_auto"):
		s.SE, s.Lags = "newey-west", "auto"
		r := m.run(t, s)
		out := of(r.named(t, coef))
		y, _ := m.frame.Number("y")
		x, _ := m.frame.Number("g_realgdp")
		x2, _ := m.frame.Number("l_realint")
		g, err := Regress(Model{Names: s.Covariates, X: [][]float64{x, x2}, Y: y, Intercept: true}, Errors{Kind: "classical"})
		if err != nil {
			t.Fatal(err)
		}
		bw, lag := PlugInLags(g.Resid, [][]float64{ones(len(y)), x, x2})
		out["bw"], out["lag"] = bw, float64(lag)
		out["rule_floor_4_T100_2_9"] = float64(DefaultLags(len(y)))
		out["rule_stock_watson_0.75_T_third"] = float64(CubeRootLags(len(y)))
		return out
	case kind == "durbin_watson":
		y, x := numbersOf(t, m.frame, "y"), columnsOf(t, m.frame, s.Covariates)
		g, err := Regress(Model{Names: s.Covariates, X: x, Y: y, Intercept: true}, Errors{Kind: "classical"})
		if err != nil {
			t.Fatal(err)
		}
		x = append(x, ones(len(y)))
		lm1, _, _ := BreuschGodfrey(g.Resid, x, 1)
		lm4, p4, _ := BreuschGodfrey(g.Resid, x, 4)
		return map[string]any{"value": DurbinWatson(g.Resid), "bg_lag1_LM": lm1, "bg_lag4_LM": lm4, "bg_lag4_p": p4}
	default:
		return nil
	}
	return of(m.run(t, s).named(t, coef))
}

func coverKielMC(t *testing.T, d *dataset, c testCase) map[string]any {
	s := Spec{Design: "did", Outcome: "rprice", Treated: "nearinc", Post: "y81", SE: "classical"}
	switch c.id() {
	case "d2":
		s.Covariates = []string{"age", "agesq"}
	case "d3":
		s.Covariates = strings.Split("age,agesq,intst,land,area,rooms,baths", ",")
	case "l1":
		s.Outcome = "lprice"
	}
	out := of(*d.run(t, s).Effect)
	if c.id() == "l1" {
		d = d.with("lp", func(x func(string) float64) float64 { return math.Log(x("price")) })
		s.Outcome = "lp"
		out = of(*d.run(t, s).Effect)
	}
	for _, k := range []string{"hc0", "hc1", "hc2", "hc3"} {
		s.SE = k
		out["se_"+strings.ToUpper(k)] = d.run(t, s).Effect.StdErr
	}
	return out
}

func coverJTrain(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	switch {
	case strings.HasPrefix(id, "fe_") && id != "fe_hrsemp_grant":
		s := Spec{Design: "ols", Outcome: "lscrap", Covariates: []string{"d88", "d89", "grant", "grant_1"}, Fixed: []string{"fcode"}, SE: "classical"}
		coef := strings.TrimPrefix(id, "fe_")
		out := of(d.run(t, s).named(t, coef))
		s.SE, s.Cluster = "cluster", []string{"fcode"}
		out["se_cluster_firm_full_dof"] = d.run(t, s).named(t, coef).StdErr
		s.DoF = "fixest"
		out["se_cluster_firm_fixest"] = d.run(t, s).named(t, coef).StdErr
		return out
	case id == "fe_hrsemp_grant":
		d = d.with("lemploy", func(x func(string) float64) float64 { return math.Log(x("employ")) })
		return of(d.run(t, Spec{Design: "ols", Outcome: "hrsemp", Covariates: []string{"d88", "d89", "grant", "grant_1", "lemploy"}, Fixed: []string{"fcode"}, SE: "classical"}).named(t, "grant"))
	case id == "ols_1987_hrsemp":
		d = d.where(func(x func(string) string) bool { return x("year") == "1987" && x("union") == "0" }).
			with("ls", func(x func(string) float64) float64 { return math.Log(x("sales")) }).
			with("le", func(x func(string) float64) float64 { return math.Log(x("employ")) })
		return of(d.run(t, Spec{Design: "ols", Outcome: "lscrap", Covariates: []string{"hrsemp", "ls", "le"}, SE: "classical"}).named(t, "hrsemp"))
	}
	return coverDifferences(t, d, c)
}

func coverLaLonde(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	sample := "nsw_dw"
	if _, after, ok := strings.Cut(id, "naive_"); ok {
		sample = after
	}
	if _, after, ok := strings.Cut(id, "regadj_"); ok && !strings.HasPrefix(id, "nsw") {
		sample = after
	}
	if strings.HasPrefix(id, "nsw_original") {
		sample = "nsw_original"
	}
	whole := d
	d = d.where(func(x func(string) string) bool {
		return x("sample") == sample || (x("sample") == "nsw_dw" && x("treat") == "1" && !strings.HasPrefix(id, "nsw_original"))
	}).with("age2", func(x func(string) float64) float64 { return x("age") * x("age") })
	all := strings.Split("age,educ,black,hisp,marr,nodegree,re74,re75", ",")
	dw := strings.Split("age,age2,educ,nodegree,black,hisp,re74,re75", ",")
	s := Spec{Design: "ols", Outcome: "re78", Treated: "treat", SE: "classical"}
	switch {
	case id == "nsw_dw_diff_classical", strings.HasPrefix(id, "naive_"):
		return of(*d.run(t, s).Effect)
	case id == "nsw_original_diff":
		out := of(*d.run(t, s).Effect)
		s.SE = "hc2"
		out["se_welch"] = d.run(t, s).Effect.StdErr
		return out
	case id == "nsw_dw_diff_welch":
		e := *d.run(t, Spec{Design: "randomized", Outcome: "re78", Treated: "treat"}).Effect
		return map[string]any{"value": e.Value, "se": e.StdErr, "welch_df": e.DF, "welch_p": e.P}
	case strings.HasPrefix(id, "nsw_dw_diff_HC"):
		s.SE = strings.ToLower(strings.TrimPrefix(id, "nsw_dw_diff_"))
		return of(*d.run(t, s).Effect)
	case strings.HasPrefix(id, "regadj_"), id == "nsw_dw_regadj_dw":
		s.Covariates = dw
		return of(*d.run(t, s).Effect)
	case id == "nsw_dw_regadj_full":
		s.Covariates = all
		out := of(*d.run(t, s).Effect)
		for _, k := range []string{"hc1", "hc2", "hc3"} {
			s.SE = k
			out["se_"+strings.ToUpper(k)] = d.run(t, s).Effect.StdErr
		}
		return out
	case id == "balance_smd_exp" || id == "balance_smd_cps1":
		if id == "balance_smd_cps1" {
			d = whole.where(func(x func(string) string) bool {
				return x("sample") == "cps1" || (x("sample") == "nsw_dw" && x("treat") == "1")
			})
		}
		smd := map[string]float64{}
		for _, b := range Balances(all, columnsOf(t, d.frame, all), numbersOf(t, d.frame, "treat")) {
			smd[b.Name] = b.Difference
		}
		return map[string]any{"value": smd}
	case id == "nsw_dw_lin_ate":
		return of(*d.run(t, Spec{Design: "randomized", Outcome: "re78", Treated: "treat", Covariates: all}).Effect)
	}
	return nil
}

func coverCardKrueger(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	did := Spec{Design: "did", Outcome: "fte", Treated: "nj", Post: "d", SE: "hc2"}
	both := func() *dataset {
		n := map[string]int{}
		return d.where(func(x func(string) string) bool {
			if x("fte") != "" {
				n[x("id")]++
			}
			return false
		}).rest(d, func(x func(string) string) bool { return n[x("id")] == 2 })
	}
	switch id {
	case "did_2x2":
		return of(*d.run(t, did).Effect)
	case "did_2x2_ols":
		did.SE = "classical"
		out := of(*d.run(t, did).Effect)
		for _, k := range []string{"hc0", "hc1", "hc2", "hc3"} {
			did.SE = k
			out["se_"+strings.ToUpper(k)] = d.run(t, did).Effect.StdErr
		}
		did.SE, did.Cluster = "cluster", []string{"id"}
		out["se_cluster_store_CR1"] = d.run(t, did).Effect.StdErr
		return out
	case "twfe_balanced":
		return of(*both().run(t, Spec{Design: "twfe", Outcome: "fte", Treated: "nj", Post: "d", Unit: "id", Time: "d"}).Effect)
	}
	return coverCells(t, d, c)
}

// rest filters another data set: the first pass over d counted something.
func (d *dataset) rest(all *dataset, f func(text func(string) string) bool) *dataset {
	return all.where(f)
}

func coverCastle(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	twfe := Spec{Design: "twfe", Outcome: "l_homicide", Treated: "cdl", Unit: "state", Time: "year"}
	switch id {
	case "twfe_weighted", "twfe_weighted_regionyear", "twfe_unweighted", "twfe_unweighted_regionyear", "twfe_post_unweighted", "twfe_post_weighted":
		if strings.Contains(id, "_weighted") {
			twfe.Weights = "popwt"
		}
		if strings.Contains(id, "post") {
			twfe.Treated = "post"
		}
		if strings.Contains(id, "regionyear") {
			twfe.Fixed = []string{"state", "year^region"}
		}
		return of(*d.run(t, twfe).Effect)
	case "bacon_post":
		twfe.Treated, twfe.WeightsReport = "post", "bacon"
		return baconCase(t, d.run(t, twfe), c)
	}
	return coverCastleStaggered(t, d, c)
}

func parseFloat(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// baconCase compares the list of comparisons and returns the weighted sum.
func baconCase(t *testing.T, r *Report, c testCase) map[string]any {
	t.Helper()
	total := 0.0
	byName := map[string]Weight{}
	for _, w := range r.Weights {
		byName[w.Name] = w
		if strings.Contains(w.Name, ":") {
			total += w.Weight * w.Estimate
		}
	}
	pairs, _ := c["two_by_twos"].([]any)
	for _, p := range pairs {
		m := p.(map[string]any)
		control := "never"
		if u, ok := m["untreated"].(float64); ok && u > 0 && u < 9000 {
			control = formatNumber(u)
		}
		name := fmt.Sprintf("%s: %s vs %s", m["type"], formatNumber(m["treated"].(float64)), control)
		w, ok := byName[name]
		if !ok {
			t.Errorf("%s: no comparison %s", c.id(), name)
			continue
		}
		compare(t, c, name, w.Weight, m["weight"])
		compare(t, c, name, w.Estimate, m["estimate"])
	}
	summary, _ := c["summary"].([]any)
	for _, p := range summary {
		m := p.(map[string]any)
		w, ok := byName[m["type"].(string)]
		if !ok {
			t.Errorf("%s: no kind %s", c.id(), m["type"])
			continue
		}
		compare(t, c, w.Name, w.Weight, m["weight"])
		compare(t, c, w.Name, w.Estimate, m["avg_est"])
	}
	return map[string]any{"value": total}
}

func coverMathReform(t *testing.T, d *dataset, c testCase) map[string]any {
	s := Spec{Design: "twfe", Outcome: "incearn_ln", Treated: "reform_math", Unit: "state", Time: "class", WeightsReport: "bacon"}
	switch c.id() {
	case "bacon":
		return baconCase(t, d.run(t, s), c)
	case "twfe":
		return of(*d.run(t, s).Effect)
	case "gb_fig2_weights":
		times := make([]float64, 100)
		y := [][]float64{make([]float64, 100), make([]float64, 100), make([]float64, 100)}
		for i := range times {
			times[i] = float64(i + 1)
		}
		pairs, err := Bacon([]float64{34, 85, math.Inf(1)}, times, y)
		if err != nil {
			t.Fatal(err)
		}
		w := map[string]float64{}
		for _, p := range pairs {
			w[fmt.Sprint(p.Treated, p.Control)] = p.Weight
		}
		return map[string]any{"value": []float64{w["34 +Inf"], w["85 +Inf"], w["34 85"], w["85 34"]}}
	}
	return nil
}
