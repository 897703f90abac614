package main

import (
	"math"
	"strconv"
	"strings"
)

func planJTrain(c sharedCase) plan {
	id := c.id()
	switch {
	case id == "fe_hrsemp_grant":
		return plan{file: "logs", flags: "--design ols --outcome hrsemp --treated grant --covariates d88,d89,grant_1,lemploy --fe fcode --se classical", pick: "effect"}
	case strings.HasPrefix(id, "fe_"):
		return plan{flags: "--design ols --outcome lscrap --covariates d88,d89,grant,grant_1 --fe fcode --se classical", pick: "coefficient:" + strings.TrimPrefix(id, "fe_")}
	case id == "ols_1987_hrsemp":
		return plan{file: "1987", flags: "--design ols --outcome lscrap --covariates hrsemp,lsales,lemploy --se classical", pick: "effect"}
	case id == "fd_scrap_8788":
		return plan{file: "differences", flags: "--design ols --outcome d_scrap --treated d_grant --se classical", pick: "effect"}
	case id == "fd_lscrap_8788":
		return plan{file: "differences", flags: "--design ols --outcome d_lscrap --treated d_grant --se classical", pick: "effect"}
	case strings.HasPrefix(id, "fd_all_"):
		coef := strings.Replace(strings.TrimPrefix(id, "fd_all_"), "cgrant", "d_grant", 1)
		return plan{file: "all differences", flags: "--design ols --outcome d_lscrap --covariates d89,d_grant,d_grant_1 --se classical", pick: "coefficient:" + coef}
	case strings.HasPrefix(id, "re_"):
		return plan{named: "impact.RandomEffects"}
	}
	return plan{}
}

func sheetJTrain(data sheet, name string) sheet {
	logs := data.
		with("lemploy", func(x func(string) float64) float64 { return math.Log(x("employ")) }).
		with("lsales", func(x func(string) float64) float64 { return math.Log(x("sales")) })
	switch name {
	case "logs":
		return logs
	case "1987":
		return logs.where(func(x cell) bool { return x("year") == "1987" && x("union") == "0" })
	}
	before := map[string]cell{}
	for _, row := range data.rows {
		x := data.cells(row)
		before[x("fcode")+" "+x("year")] = x
	}
	out := data
	for _, column := range []string{"scrap", "lscrap", "grant", "grant_1"} {
		out = out.with("d_"+column, func(x func(string) float64) float64 {
			earlier, ok := before[strconv.Itoa(int(x("fcode")))+" "+strconv.Itoa(int(x("year"))-1)]
			if !ok {
				return math.NaN()
			}
			return x(column) - numberOf(earlier(column))
		})
	}
	if name == "all differences" {
		return out
	}
	return out.where(func(x cell) bool { return x("year") == "1988" })
}

func planKielMC(c sharedCase) plan {
	flags := map[string]string{
		"d1": "--outcome rprice", "d2": "--outcome rprice --covariates age,agesq",
		"d3": "--outcome rprice --covariates age,agesq,intst,land,area,rooms,baths", "l1": "--outcome lprice",
	}[c.id()]
	return plan{flags: "--design did --treated nearinc --post y81 --se classical " + flags, pick: "effect"}
}

func planLaLonde(c sharedCase) plan {
	id := c.id()
	eight, dehejia := "age,educ,black,hisp,marr,nodegree,re74,re75", "age,age2,educ,nodegree,black,hisp,re74,re75"
	ols := "--design ols --outcome re78 --treated treat --se classical"
	matching := "--design matching --outcome re78 --treated treat --covariates "
	sample := " --estimand ate --variance sample"
	_, sampleName := cutLast(id, "_")
	switch {
	case id == "nsw_dw_diff_welch":
		return plan{file: "nsw_dw", flags: "--design randomized --outcome re78 --treated treat", pick: "effect"}
	case id == "nsw_original_diff":
		return plan{file: "nsw_original", flags: ols, pick: "effect"}
	case id == "nsw_dw_diff_classical":
		return plan{file: "nsw_dw", flags: ols, pick: "effect"}
	case strings.HasPrefix(id, "nsw_dw_diff_"):
		return plan{file: "nsw_dw", flags: ols + " --se " + strings.ToLower(sampleName), pick: "effect"}
	case id == "nsw_dw_regadj_dw":
		return plan{file: "nsw_dw", flags: ols + " --covariates " + dehejia, pick: "effect"}
	case id == "nsw_dw_regadj_full":
		return plan{file: "nsw_dw", flags: ols + " --covariates " + eight, pick: "effect"}
	case id == "nsw_dw_lin_ate":
		return plan{file: "nsw_dw", flags: "--design randomized --outcome re78 --treated treat --covariates " + eight, pick: "effect"}
	case strings.HasPrefix(id, "naive_"):
		return plan{file: sampleName, flags: ols, pick: "effect"}
	case strings.HasPrefix(id, "regadj_"):
		return plan{file: sampleName, flags: ols + " --covariates " + dehejia, pick: "effect"}
	case strings.HasPrefix(id, "balance_smd_"):
		return plan{file: map[string]string{"exp": "nsw_dw", "cps1": "cps1"}[sampleName], flags: "--design randomized --outcome re78 --treated treat --covariates " + eight, pick: "balance"}
	case strings.HasPrefix(id, "ipw_att_hajek_"):
		return plan{file: sampleName, flags: "--design ipw --estimand att --outcome re78 --treated treat --covariates age,age2,educ,black,hisp,marr,nodegree,re74,re75,u74,u75", pick: "effect"}
	case id == "nn1_age_sate":
		return plan{file: "nsw_dw", flags: matching + "age" + sample, pick: "effect"}
	case id == "nn1_4cov_sate":
		return plan{file: "nsw_dw", flags: matching + "age,educ,re74,re75" + sample, pick: "effect"}
	case id == "nn3_4cov_sate":
		return plan{file: "nsw_dw", flags: matching + "age,educ,re74,re75 --neighbours 3" + sample, pick: "effect"}
	case id == "nn_8cov_att_m1":
		return plan{file: "nsw_dw", flags: matching + eight, pick: "effect"}
	case id == "nn_8cov_att_m4":
		return plan{file: "nsw_dw", flags: matching + eight + " --neighbours 4", pick: "effect"}
	case id == "nn_8cov_att_m4_biasadj":
		return plan{file: "nsw_dw", flags: matching + eight + " --neighbours 4 --bias-adjust", pick: "effect"}
	case id == "nn_8cov_ate_m4_biasadj":
		return plan{file: "nsw_dw", flags: matching + eight + " --neighbours 4 --bias-adjust --estimand ate", pick: "effect"}
	case id == "cps3_nn_8cov_att_m1":
		return plan{file: "cps3", flags: matching + eight, pick: "effect"}
	}
	return plan{}
}

// sheetLaLonde is a randomised sample, or its treated with a comparison group.
func sheetLaLonde(data sheet, name string) sheet {
	zero := func(column string) func(func(string) float64) float64 {
		return func(x func(string) float64) float64 { return truth(x(column) == 0) }
	}
	return data.where(func(x cell) bool {
		return x("sample") == name || x("sample") == "nsw_dw" && x("treat") == "1" && name != "nsw_original"
	}).with("age2", func(x func(string) float64) float64 { return x("age") * x("age") }).
		with("u74", zero("re74")).with("u75", zero("re75"))
}

func planMacro(c sharedCase) plan {
	id := strings.Replace(c.id(), "(Intercept)", "const", 1)
	if id == "durbin_watson" {
		return plan{named: "impact.DurbinWatson, impact.BreuschGodfrey"}
	}
	for _, k := range []struct{ prefix, flags string }{
		{"hc1_", "--se hc1"},
		{"hc0_", "--se hc0"},
		{"newey4_large_", "--se newey-west --lags 4 --dof none"},
		{"newey4_", "--se newey-west --lags 4"},
		{"nw_auto_", "--se newey-west --lags auto"},
	} {
		if coef, ok := strings.CutPrefix(id, k.prefix); ok {
			return plan{file: "growth", flags: "--design ols --outcome g_realinv --covariates g_realgdp,l_realint --time t " + k.flags, pick: "coefficient:" + coef}
		}
	}
	return plan{}
}

// sheetMacro has growth rates and the rate of interest one quarter before.
func sheetMacro(data sheet, _ string) sheet {
	out := sheet{header: []string{"t", "g_realinv", "g_realgdp", "l_realint"}}
	for i := 1; i < len(data.rows); i++ {
		before, now := data.cells(data.rows[i-1]), data.cells(data.rows[i])
		growth := func(column string) string {
			return strconv.FormatFloat(400*(math.Log(numberOf(now(column)))-math.Log(numberOf(before(column)))), 'g', -1, 64)
		}
		out.rows = append(out.rows, []string{strconv.Itoa(i), growth("realinv"), growth("realgdp"), before("realint")})
	}
	return out
}

func planMathReform(c sharedCase) plan {
	flags := "--design twfe --outcome incearn_ln --treated reform_math --unit state --time class"
	switch c.id() {
	case "twfe":
		return plan{flags: flags, pick: "effect"}
	case "bacon":
		return plan{flags: flags + " --weights-report bacon", pick: "bacon"}
	}
	return plan{
		file: "figure 2", flags: "--design twfe --outcome y --first-treated first --unit unit --time t --weights-report bacon",
		pick: "bacon-weights:Treated vs Untreated: 34 vs never,Treated vs Untreated: 85 vs never,Earlier vs Later Treated: 34 vs 85,Later vs Earlier Treated: 85 vs 34",
	}
}

// sheetMathReform has three units over 100 periods; the outcome does not matter.
func sheetMathReform(sheet, string) sheet {
	out := sheet{header: []string{"unit", "first", "t", "y"}}
	for unit, first := range []string{"34", "85", "0"} {
		for t := 1; t <= 100; t++ {
			out.rows = append(out.rows, []string{strconv.Itoa(unit), first, strconv.Itoa(t), strconv.Itoa(t * (unit + t) % 7)})
		}
	}
	return out
}

func planMPDTA(c sharedCase) plan {
	id := c.id()
	panel := "--outcome lemp --unit countyreal --time year --first-treated first.treat "
	flags := panel + "--design staggered"
	for _, k := range []struct{ mark, flags string }{
		{"_reg_", " --method reg"},
		{"_ipw_", " --method ipw"},
		{"_dr_", " --method dr"},
		{"_never_", " --control never"},
		{"_notyet_", " --control not-yet"},
		{"_lpop_", " --covariates lpop"},
		{"_balance1_", " --balance 1"},
		{"_universal_", " --base universal"},
		{"_anticip1_", " --anticipation 1"},
	} {
		if strings.Contains(id+"_", k.mark) {
			flags += k.flags
		}
	}
	switch {
	case strings.HasPrefix(id, "attgt_"):
		return plan{flags: flags, pick: "cell:" + strconv.Itoa(int(c["g"].(float64))) + ":" + strconv.Itoa(int(c["t"].(float64)))}
	case strings.HasPrefix(id, "agg_"):
		return plan{flags: flags, pick: "average:" + averageOf(id)}
	case strings.HasPrefix(id, "pretest_"):
		return plan{flags: flags, pick: "check:pre-trend"}
	case id == "twfe_cluster_county":
		return plan{flags: panel + "--design twfe", pick: "effect"}
	case id == "sunab_event":
		return plan{flags: panel + "--design sun-abraham", pick: "events"}
	case id == "sunab_att":
		return plan{flags: panel + "--design sun-abraham", pick: "effect"}
	}
	return plan{}
}

func planPower(c sharedCase) plan {
	for _, k := range []struct{ id, flags, pick string }{
		{"n_two_sample_d0.2", "--effect 0.2", "setting:n_per_group"},
		{"n_two_sample_d0.5", "--effect 0.5", "setting:n_per_group"},
		{"n_two_sample_d0.8", "--effect 0.8", "setting:n_per_group"},
		{"power_two_sample", "--n1 20 --n2 20 --effect 0.5", "setting:achieved_power"},
		{"power_n64", "--n1 64 --n2 64 --effect 0.5", "setting:achieved_power"},
		{"mde_n100", "--n1 100 --n2 100", "mde"},
		{"mde_unequal", "--n1 28 --n2 35 --effect 0.6", "setting:achieved_power"},
		{"power_t_delta1", "--n1 20 --effect 1 --sd 1", "setting:achieved_power"},
		{"n_t_delta1", "--effect 1 --power 0.9", "setting:n_per_group"},
		{"design_effect", "--n1 400 --n2 400 --cluster-size 20 --icc 0.05", "setting:design_effect"},
		{"mdes_crt", "--n1 400 --n2 400 --cluster-size 20 --icc 0.05", "mde"},
		{"mckenzie_var_did_1pre1post", "--n1 40 --pre 1 --post 1 --rho 0.5", "setting:variance_factor_did"},
		{"mckenzie_var_ancova_1pre1post", "--n1 40 --pre 1 --post 1 --rho 0.5", "setting:variance_factor_ancova"},
		{"mckenzie_var_did_m4_r4", "--n1 40 --pre 4 --post 4 --rho 0.5", "setting:variance_factor_did"},
		{"mckenzie_var_ancova_m4_r4", "--n1 40 --pre 4 --post 4 --rho 0.5", "setting:variance_factor_ancova"},
	} {
		if k.id == c.id() {
			return plan{file: "-", flags: "--design power " + k.flags, pick: k.pick}
		}
	}
	switch id := c.id(); {
	case id == "sleep_welch":
		return plan{file: "sleep", flags: "--design randomized --outcome extra --treated drug1", pick: "statistic"}
	case id == "sleep_paired":
		return plan{file: "sleep", flags: "--design before-after --outcome extra --unit id --post drug1", pick: "statistic"}
	case id == "sleep_permutation":
		return plan{named: "impact.SignFlipTest"}
	case strings.HasPrefix(id, "padjust_"):
		return plan{named: "impact.Bonferroni, Holm, BenjaminiHochberg, BenjaminiYekutieli"}
	case strings.HasPrefix(id, "evalue_"):
		return plan{named: "impact.EValue"}
	case strings.HasPrefix(id, "mde_multiplier_"):
		return plan{named: "impact.MDEMultiplier"}
	case id == "n_t_onesided":
		return plan{named: "impact.TwoSampleSize"}
	case strings.Contains(id, "prop"):
		return plan{named: "impact.ProportionPower, ProportionSize"}
	case id == "n_2p_arcsine":
		return plan{named: "impact.ArcsineSize"}
	}
	return plan{}
}

// sheetPower is Student's sleep data.
func sheetPower(sheet, string) sheet {
	out := sheet{header: []string{"id", "drug1", "extra"}}
	for i, v := range strings.Fields("0.7 -1.6 -0.2 -1.2 -0.1 3.4 3.7 0.8 0 2") {
		out.rows = append(out.rows, []string{strconv.Itoa(i), "1", v})
	}
	for i, v := range strings.Fields("1.9 0.8 1.1 0.1 -0.1 4.4 5.5 1.6 4.6 3.4") {
		out.rows = append(out.rows, []string{strconv.Itoa(i), "0", v})
	}
	return out
}

func planProp99(c sharedCase) plan {
	panel := "--outcome cigsale --unit state --time year --treated treated "
	abadie := panel + "--design synthetic-control --predictors lnincome:1980-1988,age15to24:1980-1988,retprice:1980-1988,beer:1984-1988,cigsale:1988,cigsale:1980,cigsale:1975"
	id := c.id()
	switch {
	case id == "noise_level":
		return plan{flags: panel + "--design sdid", pick: "setting:noise"}
	case id == "sdid" || id == "sc" || id == "did":
		return plan{flags: panel + "--design sdid --method " + id, pick: "value"}
	case id == "difp_exact_qp":
		return plan{named: "impact.SyntheticDiD with SDIDOptions.Exact"}
	case id == "sc_exact_qp":
		return plan{flags: panel + "--design synthetic-control", pick: "value"}
	case id == "sdid_exact_qp":
		return plan{named: "impact.SyntheticDiD with SDIDOptions.Exact"}
	case strings.HasPrefix(id, "placebo_se_exhaustive_"):
		return plan{flags: panel + "--design sdid --method " + strings.TrimPrefix(id, "placebo_se_exhaustive_"), pick: "se"}
	case id == "adh2010_weights":
		return plan{flags: abadie, pick: "weights"}
	case id == "adh2010_gap2000":
		return plan{flags: abadie, pick: "gap:2000"}
	case id == "adh2010_mspe_ratio":
		return plan{flags: abadie, pick: "setting:mspe_ratio"}
	}
	return plan{named: "impact.SyntheticControl with SyntheticOptions.V"}
}

func planSicily(c sharedCase) plan {
	counts := "--design its --outcome aces --time time --post smokban --offset stdpop --family "
	switch id := c.id(); id {
	case "poisson_step":
		return plan{flags: counts + "poisson", pick: "coefficient:rate ratio"}
	case "quasipoisson_step":
		return plan{flags: counts + "quasi-poisson", pick: "coefficient:rate ratio"}
	case "quasipoisson_fourier":
		return plan{flags: counts + "quasi-poisson --season fourier:2", pick: "coefficient:rate ratio"}
	case "quasipoisson_fourier_slope":
		return plan{file: "slope", flags: counts + "quasi-poisson --season fourier:2 --covariates slope36", pick: "coefficient:rate ratio"}
	default:
		return plan{file: "slope", flags: "--design its --outcome rate --time time --post smokban --season fourier:2 --se newey-west --lags " + strings.TrimPrefix(id, "ols_rate_nw"), pick: "effect"}
	}
}

func sheetSicily(data sheet, _ string) sheet {
	return data.
		with("rate", func(x func(string) float64) float64 { return x("aces") / x("stdpop") * 1e5 }).
		with("slope36", func(x func(string) float64) float64 { return (x("time") - 36) * x("smokban") })
}

func planSimRC(c sharedCase) plan {
	flags := "--design drdid-rc --outcome y --post post --treated d"
	method, ok := map[string]string{"drdid_imp": "dr-improved", "drdid_trad": "dr", "ipw": "ipw", "or": "reg"}[c.id()]
	if !ok {
		return plan{flags: flags, pick: "effect"}
	}
	return plan{flags: flags + " --covariates x1,x2,x3,x4 --method " + method, pick: "effect"}
}
