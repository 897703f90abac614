package impact

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// sensitivity adds the checks of --sensitivity to a report: honest-sd:M and
// honest-rm:M, of the effect in the first period after treatment, or of the average
// over all of them with the suffix :average. A check passes if its interval leaves out
// 0; its note gives the breakdown value, the largest M at which it does.
func (r *Report) sensitivity(s Spec, p EventPath) error {
	for _, ask := range s.Sensitivity {
		parts := strings.Split(ask, ":")
		bad := fmt.Errorf("--sensitivity %q; use honest-rm:M or honest-sd:M", ask)
		if len(parts) < 2 || len(parts) > 3 || len(parts) == 3 && parts[2] != "average" {
			return bad
		}
		m, err := strconv.ParseFloat(parts[1], 64)
		if err != nil || m < 0 {
			return bad
		}
		path, of := p, "the first period"
		if len(parts) == 3 {
			of = "the average period"
			path.Which = make([]float64, p.Post)
			for i := range path.Which {
				path.Which[i] = 1 / float64(p.Post)
			}
		}
		c := Check{Name: "sensitivity-" + parts[0], Statistic: m, DF: math.NaN(), P: math.NaN()}
		var breakdown float64
		switch parts[0] {
		case "honest-sd":
			if c.Lo, c.Hi, err = HonestSD(path, m, s.Level); err == nil {
				breakdown, err = BreakdownSD(path, s.Level)
			}
		case "honest-rm":
			if c.Lo, c.Hi, err = HonestRM(path, m, s.Level, s.Seed); err == nil {
				breakdown, err = BreakdownRM(path, s.Level, s.Seed)
			}
		default:
			return bad
		}
		if err != nil {
			return fmt.Errorf("--sensitivity %s: %w", ask, err)
		}
		c.Passed = c.Lo > 0 || c.Hi < 0
		c.Note = fmt.Sprintf("of the effect in %s after treatment; breakdown value %.4g", of, breakdown)
		r.Checks = append(r.Checks, c)
	}
	return nil
}

// eventPath is the event coefficients, in order of time, as a path; events must not
// hold the reference, which is the last period before treatment.
func eventPath(events, beta []float64, v *mat.SymDense) (EventPath, error) {
	p := EventPath{Beta: beta, V: v}
	for i, e := range events {
		switch {
		case e < -1:
			p.Pre++
		case e >= 0:
			p.Post++
		default:
			return p, fmt.Errorf("--sensitivity needs the last period before treatment as reference, and it is an estimate here")
		}
		if i > 0 && e-events[i-1] != 1 && !(e == 0 && events[i-1] == -2) {
			return p, fmt.Errorf("--sensitivity needs every period: there is no estimate between %v and %v", events[i-1], e)
		}
	}
	return p, nil
}
