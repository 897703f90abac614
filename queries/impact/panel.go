package impact

import (
	"fmt"
	"math"
)

// A Panel is a balanced panel with adoption dates: outcome per unit and period,
// times ascending, first treated period per unit (+Inf is never).
type Panel struct {
	Y       [][]float64   // [unit][period]
	Times   []float64     // [period]
	First   []float64     // [unit]
	Names   []string      // of the covariates
	X       [][][]float64 // [covariate][unit][period]
	Weights []float64     // [unit]; nil: all 1
	Cluster []int         // [unit]; nil: every unit is one
}

// validate checks shapes and that somebody is treated after the first period.
func (p *Panel) validate() error {
	if len(p.Y) < 2 || len(p.Times) < 2 {
		return fmt.Errorf("%w: %d units and %d periods", ErrTooFew, len(p.Y), len(p.Times))
	}
	if len(p.First) != len(p.Y) {
		return fmt.Errorf("%d units and %d first treated periods", len(p.Y), len(p.First))
	}
	for t := 1; t < len(p.Times); t++ {
		if !(p.Times[t] > p.Times[t-1]) {
			return fmt.Errorf("periods do not ascend at position %d", t+1)
		}
	}
	varies := false
	for i, row := range p.Y {
		if len(row) != len(p.Times) {
			return fmt.Errorf("unit %d has %d periods where there are %d", i+1, len(row), len(p.Times))
		}
		if err := finite(fmt.Sprintf("unit %d", i+1), row); err != nil {
			return err
		}
		for _, v := range row {
			varies = varies || v != p.Y[0][0]
		}
		if math.IsNaN(p.First[i]) {
			return fmt.Errorf("%w: first treated period of unit %d", ErrNotFinite, i+1)
		}
	}
	if !varies {
		return ErrConstant
	}
	for j, x := range p.X {
		for i := range x {
			if err := finite(fmt.Sprintf("covariate %q, unit %d", p.Names[j], i+1), x[i]); err != nil {
				return err
			}
		}
	}
	if len(p.cohorts()) == 0 {
		return fmt.Errorf("%w: no unit is first treated between the second and the last period", ErrNoComparison)
	}
	return nil
}

// cohorts lists the first treated periods within the panel, ascending; units treated
// in the first period have none.
func (p *Panel) cohorts() []float64 {
	seen := map[float64]bool{}
	for _, g := range p.First {
		if g > p.Times[0] && g <= p.Times[len(p.Times)-1] {
			seen[g] = true
		}
	}
	return sortedKeys(seen)
}

// never reports whether unit i is untreated in every period.
func (p *Panel) never(i int) bool { return p.First[i] > p.Times[len(p.Times)-1] }

// panel makes a balanced panel of a table: units without a row in every period are
// left out and counted, as are those treated from the first period on.
func (t *table) panel(s Spec, keepAlways bool) (*Panel, error) {
	first, err := t.adoption(s)
	if err != nil {
		return nil, err
	}
	rows := make([]int, t.unit.Levels())
	for _, c := range t.unit.Codes {
		rows[c]++
	}
	var keep []int
	dropped, always := 0, 0
	for i, c := range t.unit.Codes {
		switch {
		case rows[c] != t.time.Levels():
			dropped++
		case !keepAlways && first[c] <= t.time.Values[0]:
			always++
		default:
			keep = append(keep, i)
		}
	}
	if dropped > 0 {
		t.warnings = append(t.warnings, fmt.Sprintf("%d rows of units without a row in each of the %d periods were left out", dropped, t.time.Levels()))
	}
	if always > 0 {
		t.warnings = append(t.warnings, fmt.Sprintf("%d rows of units treated from the first period on were left out: there is no before", always))
	}
	if dropped+always > 0 {
		t.data.drop("unit treated from the first period", always)
		if err := t.subset(s, keep, "unit without a row in every period"); err != nil {
			return nil, err
		}
		t.data.Dropped["unit without a row in every period"] -= always
		if t.data.Dropped["unit without a row in every period"] == 0 {
			delete(t.data.Dropped, "unit without a row in every period")
		}
		if first, err = t.adoption(s); err != nil {
			return nil, fmt.Errorf("among the %d units with a row before treatment and in every period: %w", t.unit.Levels(), err)
		}
	}
	p := &Panel{Times: t.time.Values, First: first, Names: s.Covariates}
	if p.Y, err = t.matrix(); err != nil {
		return nil, err
	}
	n, periods := t.unit.Levels(), t.time.Levels()
	for _, x := range t.x {
		m := make([][]float64, n)
		for i := range m {
			m[i] = x[i*periods : (i+1)*periods]
		}
		p.X = append(p.X, m)
	}
	if t.weights != nil {
		p.Weights = make([]float64, n)
		for i := range p.Weights {
			p.Weights[i] = t.weights[i*periods]
			for _, w := range t.weights[i*periods : (i+1)*periods] {
				if w != p.Weights[i] {
					return nil, fmt.Errorf("column %q changes within unit %s; weights of units must not", s.Weights, t.unit.Labels[i])
				}
			}
		}
	}
	if len(t.cluster) > 1 {
		return nil, fmt.Errorf("design %s takes one cluster column", s.Design)
	}
	for _, k := range t.cluster {
		p.Cluster = make([]int, n)
		for i := range p.Cluster {
			p.Cluster[i] = k.Codes[i*periods]
		}
		if k.Levels() < 2 {
			return nil, fmt.Errorf("%w: column %q has a single value", ErrOneCluster, k.Name)
		}
	}
	return p, nil
}
