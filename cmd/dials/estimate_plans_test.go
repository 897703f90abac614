package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// plans says, per data set, how each of its cases is reproduced.
func plans() map[string]func(sharedCase) plan {
	return map[string]func(sharedCase) plan{
		"petersen": planPetersen, "base_did": planBaseDiD, "base_stagg": planBaseStagg, "basque": planBasque,
		"card_krueger": planCardKrueger, "castle": planCastle, "cattaneo2": planCattaneo, "causalimpact_vignette": planCausalImpact,
		"itsa_california": planITSA, "jtrain": planJTrain, "kielmc": planKielMC, "lalonde": planLaLonde, "macro_hac": planMacro,
		"math_reform": planMathReform, "mpdta": planMPDTA, "power": planPower, "prop99": planProp99, "sicily": planSicily, "sim_rc": planSimRC,
	}
}

// sheets makes the files that the plans name from a data set.
func sheets() map[string]func(data sheet, name string) sheet {
	return map[string]func(sheet, string) sheet{
		"base_stagg": sheetBaseStagg, "basque": sheetBasque, "card_krueger": sheetCardKrueger, "jtrain": sheetJTrain,
		"lalonde": sheetLaLonde, "macro_hac": sheetMacro, "power": sheetPower, "sicily": sheetSicily, "causalimpact_vignette": sheetCausalImpact,
		"math_reform": sheetMathReform,
	}
}

func planPetersen(c sharedCase) plan {
	kind, coef := cutLast(c.id(), "_")
	flags := map[string]string{
		"ols": "--se classical", "white_hc1": "--se hc1", "cluster_firm": "--se cluster --cluster firm", "cluster_year": "--se cluster --cluster year",
		"cluster_both_cgm": "--se cluster --cluster firm,year", "fe_firm_year_cluster_firm": "--se cluster --cluster firm --fe firm,year --dof fixest",
		"cr2_year": "--se cr2 --cluster year",
	}[kind]
	switch {
	case flags == "":
		return plan{named: "impact.FamaMacBeth"}
	case kind == "cr2_year":
		return plan{flags: "--design ols --outcome y --covariates x " + flags, pick: "effect"}
	}
	return plan{flags: "--design ols --outcome y --covariates x " + flags, pick: "coefficient:" + coef}
}

// cutLast cuts a text at the last mark.
func cutLast(s, mark string) (before, after string) {
	i := strings.LastIndex(s, mark)
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+len(mark):]
}

func planBaseDiD(c sharedCase) plan {
	id := c.id()
	twfe := "--design twfe --outcome y --treated treat --post post --unit id --time period --covariates x1"
	ols := "--design ols --outcome y --unit id --time period --covariates x1 --dof fixest "
	switch {
	case id == "event_x1":
		return plan{flags: "--design event-study --outcome y --treated treat --at 6 --unit id --time period --covariates x1", pick: "coefficient:x1"}
	case strings.HasPrefix(id, "event_"):
		period, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(id, "event_period__"), "_treat"))
		if err != nil {
			return plan{}
		}
		return plan{flags: "--design event-study --outcome y --treated treat --at 6 --unit id --time period --covariates x1", pick: fmt.Sprintf("event:%d", period-6)}
	case id == "twfe_did":
		return plan{flags: twfe, pick: "effect"}
	case strings.HasPrefix(id, "nw_lag"):
		return plan{flags: twfe + " --se newey-west --lags " + id[6:], pick: "effect"}
	case strings.HasPrefix(id, "dk_lag"):
		return plan{flags: twfe + " --se driscoll-kraay --lags " + id[6:], pick: "effect"}
	case id == "did_means":
		return plan{flags: "--design did --outcome y --treated treat --post post", pick: "value"}
	}
	flags := map[string]string{
		"ols_nw1_x1": "--se newey-west --lags 1", "ols_cluster_id_x1": "--se cluster --cluster id",
		"fe_period_cluster_id_x1": "--se cluster --fe period --cluster id", "fe_period_cluster_period_x1": "--se cluster --fe period --cluster period",
		"fe_period_twoway_x1": "--se cluster --fe period --cluster id,period", "fe_period_nw2_x1": "--se newey-west --fe period --lags 2",
		"fe_id_cluster_id_x1": "--se cluster --fe id --cluster id",
	}[id]
	if flags == "" {
		return plan{}
	}
	return plan{flags: ols + flags, pick: "effect"}
}

func planBaseStagg(c sharedCase) plan {
	panel := "--outcome y --unit id --time year --first-treated year_treated "
	switch id := c.id(); {
	case id == "true_att":
		return plan{file: "treated", flags: "--design before-after --outcome truth --post one", pick: "value"}
	case strings.HasPrefix(id, "cs_"):
		return plan{flags: panel + "--design staggered --method reg --control never", pick: "average:" + averageOf(id)}
	case id == "sunab_event":
		return plan{flags: panel + "--design sun-abraham --covariates x1", pick: "events"}
	case id == "sunab_cohort":
		return plan{flags: panel + "--design sun-abraham --covariates x1", pick: "cohorts"}
	case id == "sunab_att":
		return plan{flags: panel + "--design sun-abraham --covariates x1", pick: "effect"}
	case id == "twfe":
		return plan{flags: panel + "--design twfe --covariates x1", pick: "effect"}
	case id == "twfe_nocov":
		return plan{flags: panel + "--design twfe", pick: "effect"}
	case id == "bacon":
		return plan{flags: panel + "--design twfe --weights-report bacon", pick: "bacon"}
	case id == "twfe_negative_weights":
		return plan{flags: panel + "--design twfe", pick: "check:negative-weights"}
	case id == "imputation_att":
		return plan{flags: panel + "--design imputation", pick: "value"}
	}
	return plan{}
}

// sheetBaseStagg has the true effects of the treated cells after as many zeros: the
// mean of the one less the mean of the other is their mean.
func sheetBaseStagg(data sheet, _ string) sheet {
	treated := data.where(func(x cell) bool { return numberOf(x("year")) >= numberOf(x("year_treated")) })
	out := sheet{header: []string{"truth", "one"}}
	for _, row := range treated.rows {
		out.rows = append(out.rows, []string{treated.cells(row)("treatment_effect_true"), "1"}, []string{"0", "0"})
	}
	return out
}

func numberOf(s string) float64 {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

func averageOf(id string) string {
	for word, kind := range map[string]string{"simple": "simple", "dynamic": "event", "group": "group", "calendar": "calendar"} {
		if strings.Contains(id, word) {
			return kind
		}
	}
	return ""
}

const basquePredictors = "illit,prim,med,high,invest:1964-1969,gdpcap:1960-1969," +
	"sec.agriculture:1961-1969,sec.energy:1961-1969,sec.industry:1961-1969,sec.construction:1961-1969," +
	"sec.services.venta:1961-1969,sec.services.nonventa:1961-1969,popdens:1969"

func planBasque(c sharedCase) plan {
	flags := "--design synthetic-control --outcome gdpcap --unit regionname --time year --treated basque --at 1970"
	abadie := plan{file: "from 1960", flags: flags + " --predictors " + basquePredictors} // fitted on 1960–1969
	switch c.id() {
	case "sc_outcomes_only_exact":
		return plan{file: "regions", flags: flags, pick: "effect"}
	case "weights":
		abadie.pick = "weights"
	case "gap_mean_1970_1997":
		abadie.pick = "value"
	case "balance":
		abadie.pick = "predictors:" + basquePredictors
	}
	return abadie
}

// sheetBasque leaves Spain as a whole out, marks the Basque Country and has the
// shares of levels of schooling, from their averages over 1964–1969.
func sheetBasque(data sheet, name string) sheet {
	data = data.where(func(x cell) bool { return x("regionno") != "1" && (name != "from 1960" || x("year") >= "1960") })
	total, each := map[float64]float64{}, map[string]float64{}
	levels := map[string]string{"school.illit": "illit", "school.prim": "prim", "school.med": "med", "school.high": "high", "school.post.high": "high"}
	for _, row := range data.rows {
		x := data.cells(row)
		for column, level := range levels {
			if v := numberOf(x(column)); x("year") >= "1964" && x("year") <= "1969" && !math.IsNaN(v) {
				total[numberOf(x("regionno"))] += v
				each[x("regionno")+level] += v
			}
		}
	}
	for _, level := range []string{"illit", "prim", "med", "high"} {
		data = data.with(level, func(x func(string) float64) float64 {
			return 100 * each[strconv.Itoa(int(x("regionno")))+level] / total[x("regionno")]
		})
	}
	return data.with("basque", func(x func(string) float64) float64 { return truth(x("regionno") == 17) })
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func planCardKrueger(c sharedCase) plan {
	did := "--design did --outcome fte --treated nj --post d "
	controls := " --covariates bk,kfc,roys,co_owned"
	switch id := c.id(); {
	case strings.HasPrefix(id, "mean_nj"):
		return plan{file: id, flags: "--design before-after --outcome fte --unit id --post after", pick: "effect"}
	case id == "did_2x2":
		return plan{flags: did + "--se hc2", pick: "effect"}
	case id == "did_2x2_ols":
		return plan{flags: did + "--se classical", pick: "effect"}
	case id == "did_balanced":
		return plan{file: "changes", flags: "--design randomized --outcome de --treated nj", pick: "effect"}
	case id == "twfe_balanced":
		return plan{file: "balanced", flags: "--design twfe --outcome fte --treated nj --post d --unit id --time d", pick: "effect"}
	case id == "table4_i":
		return plan{file: "adjusted", flags: "--design ols --se classical --outcome de --treated nj", pick: "effect"}
	case id == "table4_ii":
		return plan{file: "adjusted", flags: "--design ols --se classical --outcome de --treated nj" + controls, pick: "effect"}
	case id == "table4_iii":
		return plan{file: "adjusted", flags: "--design ols --se classical --outcome de --treated gap", pick: "effect"}
	case id == "table4_iv":
		return plan{file: "adjusted", flags: "--design ols --se classical --outcome de --treated gap" + controls, pick: "effect"}
	case id == "table4_v":
		return plan{file: "adjusted", flags: "--design ols --se classical --outcome de --treated gap" + controls + ",nj,southj,centralj,pa1", pick: "effect"}
	}
	return plan{}
}

// sheetCardKrueger makes: the cells against zero; the stores seen in both waves;
// their changes; and the changes of stores whose wages are known.
func sheetCardKrueger(data sheet, name string) sheet {
	if strings.HasPrefix(name, "mean_nj") {
		out := sheet{header: []string{"id", "fte", "after"}}
		for _, row := range data.rows {
			x := data.cells(row)
			if x("fte") != "" && x("nj") == name[7:8] && x("d") == map[byte]string{'1': "0", '2': "1"}[name[len(name)-1]] {
				out.rows = append(out.rows, []string{x("id"), x("fte"), "1"}, []string{x("id"), "0", "0"})
			}
		}
		return out
	}
	before, waves := map[string][]string{}, map[string]int{}
	for _, row := range data.rows {
		x := data.cells(row)
		if x("fte") != "" {
			waves[x("id")]++
		}
		if x("d") == "0" {
			before[x("id")] = row
		}
	}
	both := data.where(func(x cell) bool { return waves[x("id")] == 2 })
	if name == "balanced" {
		return both
	}
	changes := both.where(func(x cell) bool { return x("d") == "1" })
	first := func(x func(string) float64, column string) float64 { // in the first wave
		return numberOf(data.cells(before[strconv.Itoa(int(x("id")))])(column))
	}
	changes = changes.with("de", func(x func(string) float64) float64 { return x("fte") - first(x, "fte") })
	if name == "changes" {
		return changes
	}
	return changes.with("gap", func(x func(string) float64) float64 {
		wage := first(x, "wage")
		switch {
		case math.IsNaN(wage), math.IsNaN(x("wage")) && x("status") != 3:
			return math.NaN()
		case x("nj") == 1 && wage < 5.05:
			return (5.05 - wage) / wage
		}
		return 0
	}).where(func(x cell) bool { return x("gap") != "" })
}

func planCastle(c sharedCase) plan {
	panel := "--outcome l_homicide --unit state --time year "
	twfe := map[string]string{
		"twfe_weighted": "--treated cdl --weights popwt", "twfe_weighted_regionyear": "--treated cdl --weights popwt --fe state,year^region",
		"twfe_unweighted": "--treated cdl", "twfe_unweighted_regionyear": "--treated cdl --fe state,year^region",
		"twfe_post_unweighted": "--treated post", "twfe_post_weighted": "--treated post --weights popwt",
	}
	id := c.id()
	staggered := panel + "--first-treated effyear --design staggered --method reg --control never"
	switch {
	case twfe[id] != "":
		return plan{flags: panel + "--design twfe " + twfe[id], pick: "effect"}
	case id == "bacon_post":
		return plan{flags: panel + "--design twfe --treated post --weights-report bacon", pick: "bacon"}
	case strings.HasPrefix(id, "cs_attgt_never_"):
		return plan{flags: staggered, pick: "cell:" + strings.ReplaceAll(strings.TrimPrefix(id, "cs_attgt_never_"), "_", ":")}
	case strings.HasPrefix(id, "cs_agg_"):
		return plan{flags: staggered, pick: "average:" + averageOf(id)}
	case id == "imputation_att":
		return plan{flags: panel + "--first-treated effyear --design imputation", pick: "value"}
	case id == "sunab_event":
		return plan{flags: panel + "--first-treated effyear --design sun-abraham", pick: "events"}
	case id == "sunab_att":
		return plan{flags: panel + "--first-treated effyear --design sun-abraham", pick: "effect"}
	}
	return plan{}
}

func planCattaneo(c sharedCase) plan {
	ra := "--design ra --outcome bweight --treated mbsmoke --covariates prenatal1,mmarried,mage,fbaby"
	switch c.id() {
	case "ra":
		return plan{flags: ra, pick: "effect"}
	case "ra_att":
		return plan{flags: ra + " --estimand att", pick: "effect"}
	case "naive_diff":
		return plan{flags: "--design randomized --outcome bweight --treated mbsmoke", pick: "effect"}
	}
	return plan{named: "impact.Weighting: a probit, and other covariates than the outcome's, are no flags"}
}

func planCausalImpact(c sharedCase) plan {
	switch c.id() {
	case "before_after":
		return plan{flags: "--design before-after --outcome y --time t --at 71", pick: "value"}
	case "ols_counterfactual":
		return plan{file: "post", flags: "--design ra --estimand att --outcome y --treated post --covariates x1", pick: "value"}
	}
	return plan{named: "impact.Structural"}
}

// sheetCausalImpact marks the periods after: what the others would predict for them is
// regression adjustment.
func sheetCausalImpact(data sheet, _ string) sheet {
	return data.with("post", func(x func(string) float64) float64 { return truth(x("t") > 70) })
}

func planITSA(c sharedCase) plan {
	its := "--design its --outcome cigsale --time year --at 1989 --se newey-west --lags "
	id := c.id()
	switch {
	case id == "nw1_post_trend":
		return plan{flags: its + "1", pick: "coefficient:trend after"}
	case strings.HasPrefix(id, "nw1_"):
		return plan{flags: its + "1", pick: "coefficient:" + strings.Replace(strings.TrimPrefix(id, "nw1_"), "t", "year", truthInt(id == "nw1_t"))}
	case id == "effect_at_2000":
		return plan{flags: its + "1", pick: "event:11"}
	case strings.HasPrefix(id, "nw"):
		return plan{flags: its + id[2:3], pick: "effect"}
	case id == "controlled_its_level":
		return plan{flags: its + "1 --comparison control_mean", pick: "effect"}
	case id == "controlled_its_slope":
		return plan{flags: its + "1 --comparison control_mean", pick: "coefficient:slope"}
	case id == "placebo_time_1980":
		return plan{flags: its + "1 --placebo-time 1980", pick: "placebo:placebo level"}
	case id == "autocorr":
		return plan{flags: its + "1", pick: "check:autocorrelation"}
	}
	return plan{}
}

func truthInt(is bool) int { return int(truth(is)) }
