package impact

import (
	"fmt"
	"math"
	"slices"
)

// runTWFE is the two-way fixed-effects regression
//
//	y_it = aᵢ + λₜ + τ·D_it + x'γ
//
// with errors clustered by unit and fixest's factor. D is --treated as it stands,
// which may be a share of the period, or follows from --first-treated. Where units
// start at different dates and effects grow, τ weighs some effects negatively and
// can have the wrong sign: it is a diagnostic, and the report says how many weights
// are negative. --weights-report bacon lists the two-by-two comparisons that τ is
// made of.
//
// Source: A. Goodman-Bacon, J. Econometrics 225 (2021) 254–277; C. de Chaisemartin
// and X. D'Haultfœuille, American Economic Review 110 (2020) 2964–2996.
func runTWFE(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	if len(s.Fixed) == 0 {
		if err := s.need("unit", "time"); err != nil {
			return nil, err
		}
	}
	if s.Treated == "" && s.FirstTreated == "" {
		return nil, s.need("treated")
	}
	kind := "cluster"
	if s.Unit == "" && len(s.Cluster) == 0 {
		kind = "hc1"
	}
	d, first, name, err := t.dose(s)
	if err != nil {
		return nil, err
	}
	r, err := t.twoWay(s, first, d, name, kind, "fixest")
	if err != nil {
		return nil, err
	}
	if s.Unit != "" && s.Time != "" && len(s.Covariates) == 0 && len(s.Fixed) == 0 {
		if c, err := t.negative(d); err == nil {
			r.Checks = append(r.Checks, c)
		}
	}
	switch s.WeightsReport {
	case "":
	case "bacon":
		if first == nil {
			return nil, fmt.Errorf("the Bacon decomposition needs a treatment of 0 and 1, and --unit and --time")
		}
		b, err := t.bacon(first)
		if err != nil {
			return nil, err
		}
		r.bacon(b, t.time)
	default:
		return nil, fmt.Errorf("--weights-report %q; there is bacon", s.WeightsReport)
	}
	return r, nil
}

// dose is the treatment per row: as it stands, or from dates. first is nil where the
// treatment is not 0 or 1.
func (t *table) dose(s Spec) (d, first []float64, name string, err error) {
	asItStands := s.Treated != "" && s.Post == "" && s.FirstTreated == "" && s.At == ""
	if asItStands && (s.Unit == "" || s.Time == "" || binary(s.Treated, t.treated, false) != nil) {
		if s.Unit != "" && s.Time != "" {
			err = t.unique()
		}
		return t.treated, nil, s.Treated, err
	}
	if first, err = t.adoption(s); err != nil {
		return nil, nil, "", err
	}
	name = "treatment"
	switch {
	case asItStands:
		name = s.Treated
	case s.Post != "":
		name = s.Treated + ":" + s.Post
	}
	return t.exposure(first), first, name, nil
}

// negative counts the treated cells that the two-way regression weighs negatively:
// those where D less its unit and time effects is below zero.
func (t *table) negative(d []float64) (Check, error) {
	w, err := TWFEWeights(d, t.unit, t.time.Key, t.weights)
	if err != nil {
		return Check{}, err
	}
	n, total := 0, 0.0
	for i, v := range w {
		if d[i] != 0 && v < 0 {
			n++
			total += v
		}
	}
	c := Check{Name: "negative-weights", Statistic: float64(n), DF: math.NaN(), P: math.NaN(), Passed: n == 0}
	if n > 0 {
		c.Note = fmt.Sprintf("%d treated cells have negative weights, which sum to %.3g: the estimate is not an average of effects", n, total)
	}
	return c, nil
}

// TWFEWeights is the weight of each row in the two-way fixed-effects coefficient of
// d: the residual of d on unit and time effects, divided by its sum over treated
// rows. Rows that are not treated have weight 0.
//
// Source: C. de Chaisemartin and X. D'Haultfœuille, American Economic Review 110
// (2020) 2964–2996.
func TWFEWeights(d []float64, unit, time Key, weights []float64) ([]float64, error) {
	a, err := newAbsorber([]Key{unit, time}, weights)
	if err != nil {
		return nil, err
	}
	e := slices.Clone(d)
	a.remove(e)
	total := 0.0
	for i := range e {
		if d[i] == 0 {
			e[i] = 0
			continue
		}
		if math.Abs(e[i]) < 1e-12 {
			e[i] = 0
		}
		if weights != nil {
			e[i] *= weights[i]
		}
		total += e[i] * d[i]
	}
	if total == 0 {
		return nil, fmt.Errorf("%w: treatment does not vary within units", ErrNoComparison)
	}
	for i := range e {
		e[i] *= d[i] / total
	}
	return e, nil
}
