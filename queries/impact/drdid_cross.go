package impact

import "fmt"

// DRDIDCross estimates the average effect on the treated from two cross-sections,
// before (post = 0) and after (post = 1), whose units differ.
//
//	dr    τ = [η₁post − η₁pre] − [η₀post − η₀pre]
//	          + E[m₁post − m₀post | D] − E[m₁post − m₀post | D, post]
//	          − E[m₁pre − m₀pre | D] + E[m₁pre − m₀pre | D, pre]
//	      η_g,t = E[w_g,t(Y − m₀)]/E[w_g,t]   w₁,t = D·1{t}   w₀,t = p(1−D)/(1−p)·1{t}
//	      m_g,t = x'β by OLS in group g and period t;  m₀ is that of the row's period
//	ipw   τ = [Ȳ₁post − Ȳ₁pre] − [Ȳ₀post − Ȳ₀pre], the untreated weighted with the odds
//	reg   τ = Ȳ₁post − Ȳ₁pre − E[m₀post − m₀pre | D]
//
// dr is the locally efficient estimator; dr-improved is the same with the tilted
// propensity and the untreated's regressions weighted with its odds. y, post and
// treated hold one value per row.
//
// The error of dr reproduces the authors' package DRDID, in which the term of the
// untreated's regression before treatment has the opposite sign of the derivative.
// The term vanishes where the propensity model holds; elsewhere the error is a
// little off (1 % in their example). dr-improved has no such term.
//
// The errors are those of [DRDID]; ErrNoComparison
// also where a group was not observed in a period.
//
// Source: P. Sant'Anna & J. Zhao, Journal of Econometrics 219 (2020) 101–122, §3.
func DRDIDCross(y, post, treated []float64, o DRDIDOptions) (*DRDIDResult, error) {
	if len(post) != len(y) {
		return nil, fmt.Errorf("period has %d rows where the outcome has %d", len(post), len(y))
	}
	d, err := newDRDID(y, treated, &o)
	if err != nil {
		return nil, err
	}
	if err := bothPeriods(post, treated); err != nil {
		return nil, err
	}
	fits, err := d.crossFits(y, post)
	if err != nil {
		return nil, err
	}
	if o.Method == MethodReg {
		d.regCross(y, post, fits)
		return d.result()
	}
	for period := range 2 {
		sign := float64(2*period - 1)
		one, odds, slope := d.groups(post, float64(period))
		r, own := y, fits[0][period]
		if own != nil {
			r = own.resid
		}
		// Where sign is −1 the derivative by β is the other way round; the authors'
		// package gives it this sign, and so do all published errors.
		depends := []slopeOf{{own, -sign}}
		d.add(ratio{sign: sign, w: one, r: r, fits: depends})
		d.add(ratio{sign: -sign, w: odds, dw: slope, r: r, fits: depends})
		if o.Method == MethodIPW {
			continue
		}
		gain := difference(fits[1][period].fitted, fits[0][period].fitted)
		both := []slopeOf{{fits[1][period], 1}, {fits[0][period], -1}}
		d.add(ratio{sign: sign, w: d.only(1, nil, 0), r: gain, fits: both})
		d.add(ratio{sign: -sign, w: one, r: gain, fits: both})
	}
	return d.result()
}

// regCross counts the treated's own change and the change predicted for them.
func (d *drdid) regCross(y, post []float64, fits [2][2]*linear) {
	all := d.only(1, nil, 0)
	for period := range 2 {
		sign := float64(2*period - 1)
		f := fits[0][period]
		d.add(ratio{sign: sign, w: d.only(1, post, float64(period)), r: y})
		d.add(ratio{sign: -sign, w: all, r: f.fitted, fits: []slopeOf{{f, 1}}})
	}
}

// crossFits are the outcome models by group and period that the method uses.
func (d *drdid) crossFits(y, post []float64) (fits [2][2]*linear, err error) {
	if d.o.Method == MethodIPW {
		return fits, nil
	}
	for group := range 2 {
		if group == 1 && d.o.Method == MethodReg {
			break
		}
		for period := range 2 {
			w := d.only(float64(group), post, float64(period))
			if group == 0 && d.o.Method == MethodDRImproved {
				_, w, _ = d.groups(post, float64(period))
			}
			who := []string{"untreated", "treated"}[group] + []string{" before", " after"}[period]
			if fits[group][period], err = d.fit(y, w, who); err != nil {
				return fits, err
			}
		}
	}
	return fits, nil
}

// bothPeriods refuses a group that is absent before or after.
func bothPeriods(post, treated []float64) error {
	var seen [2][2]bool
	for i, p := range post {
		if p != 0 && p != 1 {
			return fmt.Errorf("row %d: post is %g; it must be 0 or 1", i+1, p)
		}
		seen[int(treated[i])][int(p)] = true
	}
	for group, label := range []string{"untreated", "treated"} {
		for period, when := range []string{"before", "after"} {
			if !seen[group][period] {
				return fmt.Errorf("%w: no %s row %s", ErrNoComparison, label, when)
			}
		}
	}
	return nil
}
