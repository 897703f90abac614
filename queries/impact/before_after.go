package impact

import (
	"fmt"
	"math"
)

// Welch estimates mean(treated) − mean(control) without assuming equal variances.
//
//	effect = x̄ₜ − x̄꜀    se² = s²ₜ/nₜ + s²꜀/n꜀    effect ± t(df)·se
//	df = (s²ₜ/nₜ + s²꜀/n꜀)² / ((s²ₜ/nₜ)²/(nₜ−1) + (s²꜀/n꜀)²/(n꜀−1))
//
// It holds one value per unit, in any order; units must be independent. It returns
// ErrTooFew if either sample has fewer than two values and ErrNotFinite if any value
// is NaN or infinite. If neither sample varies, the standard error is 0.
//
// Source: B. L. Welch, Biometrika 34 (1947) 28–35, doi:10.1093/biomet/34.1-2.28.
func Welch(treated, control []float64, level float64) (Estimate, error) {
	if len(treated) < 2 || len(control) < 2 {
		return Estimate{}, fmt.Errorf("%w: %d treated and %d control", ErrTooFew, len(treated), len(control))
	}
	if err := finite("the treated", treated); err != nil {
		return Estimate{}, err
	}
	if err := finite("the control", control); err != nil {
		return Estimate{}, err
	}
	nt, nc := float64(len(treated)), float64(len(control))
	a, b := variance(treated)/nt, variance(control)/nc
	df := (a + b) * (a + b) / (a*a/(nt-1) + b*b/(nc-1))
	return NewEstimate(mean(treated)-mean(control), math.Sqrt(a+b), df, level), nil
}

// Paired estimates the mean of after − before, one pair per unit, by a t interval.
//
//	d̄ ± t(n−1)·s_d/√n
//
// It returns ErrTooFew under two pairs and ErrNotFinite for a NaN or an infinity. If
// every difference is the same, the standard error is 0.
//
// Source: Student, Biometrika 6 (1908) 1–25.
func Paired(before, after []float64, level float64) (Estimate, error) {
	if len(before) != len(after) || len(before) < 2 {
		return Estimate{}, fmt.Errorf("%w: %d before and %d after", ErrTooFew, len(before), len(after))
	}
	d := make([]float64, len(before))
	for i := range d {
		d[i] = after[i] - before[i]
	}
	if err := finite("the differences", d); err != nil {
		return Estimate{}, err
	}
	n := float64(len(d))
	return NewEstimate(mean(d), math.Sqrt(variance(d)/n), n-1, level), nil
}

// runBeforeAfter compares the outcome after with before: by unit where --unit is
// given (paired), else by Welch. It is what a naive reader would compute; nothing
// rules out that the outcome moved by itself.
func runBeforeAfter(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	post, err := t.after(s)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = "mean after − mean before"
	var e Estimate
	if s.Unit == "" {
		var before, after []float64
		for i, y := range t.outcome {
			if post[i] == 1 {
				after = append(after, y)
			} else {
				before = append(before, y)
			}
		}
		e, err = Welch(after, before, s.Level)
		r.Settings["se"] = "welch"
	} else {
		before, after, single := pairs(t.unit, post, t.outcome)
		if single > 0 {
			r.Data.drop("unit seen only before or only after", single)
			r.Data.RowsUsed -= single
		}
		e, err = Paired(before, after, s.Level)
		r.Units = len(before)
		r.Settings["se"] = "paired"
	}
	if err != nil {
		return nil, err
	}
	r.headline(e)
	r.Warnings = append(r.Warnings, "before and after alone cannot tell the tactic from everything else that changed")
	return r, nil
}

// pairs averages each unit before and after; it counts the rows of units without
// both.
func pairs(unit Key, post, y []float64) (before, after []float64, single int) {
	n := unit.Levels()
	sums, counts := make([][2]float64, n), make([][2]int, n)
	for i, c := range unit.Codes {
		p := int(post[i])
		sums[c][p] += y[i]
		counts[c][p]++
	}
	for c := range n {
		if counts[c][0] == 0 || counts[c][1] == 0 {
			single += counts[c][0] + counts[c][1]
			continue
		}
		before = append(before, sums[c][0]/float64(counts[c][0]))
		after = append(after, sums[c][1]/float64(counts[c][1]))
	}
	return before, after, single
}

// after is 1 per row from the first treated period on: --post, or --time with --at.
func (t *table) after(s Spec) ([]float64, error) {
	if s.Post != "" {
		return t.post, binary(s.Post, t.post, true)
	}
	if s.Time == "" || s.At == "" && t.time.Levels() != 2 {
		return nil, fmt.Errorf("design %s needs --post, or --time and --at", s.Design)
	}
	at, err := t.commonDate(s)
	if err != nil {
		return nil, err
	}
	post := make([]float64, len(t.outcome))
	for i, c := range t.time.Codes {
		if t.time.Values[c] >= at {
			post[i] = 1
		}
	}
	if constant(post) {
		return nil, fmt.Errorf("%w: every period lies on one side of --at %s", ErrNoComparison, s.At)
	}
	return post, nil
}
