package register

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"dials/queries/impact"
)

// A UnitHistory is the dial of one unit in months that follow each other, and its
// size in any measure, 0 where none is known.
type UnitHistory struct {
	ID, Name string
	Values   []float64
	Size     float64
}

// A PlanAsk is a test that somebody thinks of.
type PlanAsk struct {
	Units []UnitHistory // as many months each, the last one the same for all
	// Relative says that the dial is a flow: effects are shares of it, on logarithms.
	Relative bool
	Effect   float64 // the smallest effect worth having: a share where Relative, else in the dial's unit
	Waves    int     // 1: some get it, the others are compared with; else all get it, in so many waves
	Share    float64 // of the units that get it, where Waves is 1
	Gap      int     // months between waves
	Months   []int   // how long the test may last, in rising order
	Power    float64
	Alpha    float64
	Seed     string // of the draws that errors are estimated by
}

// A PlanCell is what so many units over so many months could find.
type PlanCell struct {
	Units, Months int
	MDE           float64 // as PlanAsk.Effect; NaN where the past is too short to tell
	Finds         bool
}

// A Plan is what can be found, and what is recommended.
type Plan struct {
	Cells       []PlanCell // by units, then months
	Months      int        // of the shortest test of all units that finds the effect; 0 for none
	MDE         float64    // of that test, else the best there is
	Units       int        // the fewest that find it in as many months
	UnitsMDE    float64    // what these find
	Before      int        // months before a start that it adjusts for
	Correlation float64    // of a unit's mean before with its mean after
	Draws       int
}

// Errors of a plan.
var (
	ErrFewUnits = errors.New("a test needs at least 4 units with a complete past, 2 with it and 2 without")
	ErrFewPast  = errors.New("a test needs at least 6 complete months of the dial")
)

// planDraws is how many invented assignments estimate the error of a design on each
// stretch of the past, and planStretches how many stretches at most.
const (
	planDraws     = 120
	planStretches = 6
	manyUnits     = 2000 // with more, two stretches will do
)

// PlanTest says what a test could find, by re-drawing its assignment on the dial's own
// past, in which nothing was done:
//
//	zᵢₜ = yᵢₜ − θ·ȳᵢ    θ the slope of a unit's mean after on its mean before
//	d = Σ wₜ (z̄ₜ started − z̄ₜ not started)    wₜ ∝ n₁n₀/(n₁ + n₀)
//	MDE = (t₁₋α/₂ + t_power)·sd(d)    df = units − 2
//
// It takes stretches of the past, months for after and up to twelve before them for
// before, and of their errors the median: a stretch in which something was done to
// some units is one of several. What all units share in a month cancels out. Units
// are on logarithms where the dial is a flow.
func PlanTest(ask PlanAsk) (Plan, error) {
	if err := ask.check(); err != nil {
		return Plan{}, err
	}
	y := ask.scaled()
	plan := Plan{MDE: math.NaN(), Draws: planDraws}
	for _, n := range sizes(len(y)) {
		for _, months := range ask.Months {
			cell := PlanCell{Units: n, Months: months, MDE: math.NaN()}
			if mde, before, r, ok := ask.mde(y, n, months); ok {
				cell.MDE, cell.Finds = mde, mde <= math.Abs(ask.Effect)
				if n == len(y) && !(plan.MDE <= mde) {
					plan.MDE, plan.Before, plan.Correlation = mde, before, r
				}
			}
			plan.Cells = append(plan.Cells, cell)
		}
	}
	// The shortest test that finds the effect with all units.
	for _, c := range plan.Cells {
		if c.Finds && c.Units == len(y) && (plan.Months == 0 || c.Months < plan.Months) {
			plan.Months = c.Months
			plan.MDE, plan.Before, plan.Correlation, _ = ask.mde(y, c.Units, c.Months)
		}
	}
	for _, c := range plan.Cells {
		if c.Finds && c.Months == plan.Months && (plan.Units == 0 || c.Units < plan.Units) {
			plan.Units, plan.UnitsMDE = c.Units, c.MDE
		}
	}
	return plan, nil
}

func (a *PlanAsk) check() error {
	if len(a.Units) < 4 {
		return ErrFewUnits
	}
	for _, u := range a.Units {
		if len(u.Values) != len(a.Units[0].Values) {
			return fmt.Errorf("unit %s has %d months, others %d", u.ID, len(u.Values), len(a.Units[0].Values))
		}
		for _, v := range u.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("unit %s: %w", u.ID, impact.ErrNotFinite)
			}
		}
	}
	if len(a.Units[0].Values) < 6 {
		return ErrFewPast
	}
	if a.Waves < 1 || a.Waves > 12 || a.Waves > len(a.Units)/2 && a.Waves > 1 {
		return fmt.Errorf("%d waves: want 1 to 12, with 2 units each", a.Waves)
	}
	if a.Waves == 1 && !(a.Share > 0 && a.Share < 1) {
		return fmt.Errorf("a share of %g of the units: want more than 0 and less than 1", a.Share)
	}
	if a.Waves > 1 && a.Gap < 1 {
		return fmt.Errorf("%d months between waves: want 1 or more", a.Gap)
	}
	if !(math.Abs(a.Effect) > 0) || math.IsInf(a.Effect, 0) || a.Relative && a.Effect <= -1 {
		return errors.New("the smallest effect worth having must not be 0")
	}
	if len(a.Months) == 0 || a.Months[0] < 1 {
		return errors.New("how many months the test may last is not said")
	}
	return nil
}

// scaled are the values on the scale of the analysis.
func (a *PlanAsk) scaled() [][]float64 {
	isLog := a.Relative
	for _, u := range a.Units {
		for _, v := range u.Values {
			isLog = isLog && v > 0
		}
	}
	mean, n := 0.0, 0.0
	y := make([][]float64, len(a.Units))
	for i, u := range a.Units {
		y[i] = slices.Clone(u.Values)
		for t, v := range y[i] {
			mean, n = mean+v, n+1
			if isLog {
				y[i][t] = math.Log(v)
			}
		}
	}
	if a.Relative && !isLog && mean != 0 { // shares of the mean, where a month is 0
		for i := range y {
			for t := range y[i] {
				y[i][t] *= n / mean
			}
		}
	}
	return y
}

// sizes are the numbers of units that are looked at.
func sizes(n int) []int {
	var out []int
	for _, k := range []int{n / 4, n / 2, n * 3 / 4, n} {
		if k >= 4 && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// mde is the smallest effect that n units over so many months find. ok is false
// where the past is too short.
func (a *PlanAsk) mde(y [][]float64, n, months int) (mde float64, before int, corr float64, ok bool) {
	past := len(y[0])
	before = min(12, past-months)
	waves := a.Waves
	if before < 3 || waves > 1 && (waves-1)*a.Gap >= months+a.Gap || waves > n/2 && waves > 1 {
		return math.NaN(), 0, 0, false
	}
	m, err := impact.MDEMultiplier(float64(n-2), a.Power, a.Alpha, 2)
	if err != nil {
		return math.NaN(), before, 0, false
	}
	stretches := planStretches
	if len(y) > manyUnits {
		stretches = 2
	}
	var spreads, correlations []float64
	last := past - months - before // the first month of the last stretch
	for k := range min(stretches, last+1) {
		from := last
		if stretches > 1 {
			from = last - k*last/max(1, min(stretches, last+1)-1)
		}
		if sd, c, found := a.errorOn(y, from, before, n, months); found {
			spreads, correlations = append(spreads, sd), append(correlations, c)
		}
	}
	if len(spreads) == 0 {
		return math.NaN(), before, 0, false
	}
	mde = m * median(spreads)
	if a.Relative {
		mde = math.Expm1(mde)
	}
	return mde, before, median(correlations), true
}

// errorOn is the spread of the difference between invented arms of n units on one
// stretch of the past.
func (a *PlanAsk) errorOn(y [][]float64, from, before, n, months int) (sd, corr float64, ok bool) {
	z, corr := adjusted(y, from, before, months)
	random := seeded(fmt.Sprintf("%s/%d/%d/%d", a.Seed, from, n, months))
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	started := a.startsOf(n)
	var estimates []float64
	for range planDraws {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if d, found := difference(z, order[:n], started, months); found {
			estimates = append(estimates, d)
		}
	}
	if len(estimates) < planDraws/2 {
		return 0, 0, false
	}
	return spread(estimates), corr, true
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

// startsOf is the month after the first start in which each of n drawn units starts,
// −1 for never.
func (a *PlanAsk) startsOf(n int) []int {
	out := make([]int, n)
	if a.Waves == 1 {
		treated := min(n-2, max(2, int(math.Round(a.Share*float64(n)))))
		for i := treated; i < n; i++ {
			out[i] = -1
		}
		return out
	}
	for i := range out {
		out[i] = i % a.Waves * a.Gap
	}
	return out
}

// adjusted are months after, less θ times the unit's mean before.
func adjusted(y [][]float64, from, before, months int) (z [][]float64, corr float64) {
	x, w := make([]float64, len(y)), make([]float64, len(y))
	for i, row := range y {
		x[i], w[i] = average(row[from:from+before]), average(row[from+before:from+before+months])
	}
	mx, mw := average(x), average(w)
	sxx, sxw, sww := 0.0, 0.0, 0.0
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxw += (x[i] - mx) * (w[i] - mw)
		sww += (w[i] - mw) * (w[i] - mw)
	}
	theta := 0.0
	if sxx > 0 {
		theta = sxw / sxx
		if sww > 0 {
			corr = sxw / math.Sqrt(sxx*sww)
		}
	}
	z = make([][]float64, len(y))
	for i, row := range y {
		z[i] = slices.Clone(row[from+before : from+before+months])
		for t := range z[i] {
			z[i][t] -= theta * x[i]
		}
	}
	return z, corr
}

// difference compares those that have started with those that have not.
func difference(z [][]float64, drawn, starts []int, months int) (d float64, ok bool) {
	weight := 0.0
	for t := range months {
		sum, n := [2]float64{}, [2]float64{}
		for k, i := range drawn {
			arm := 0
			if starts[k] >= 0 && starts[k] <= t {
				arm = 1
			}
			sum[arm] += z[i][t]
			n[arm]++
		}
		if n[0] == 0 || n[1] == 0 {
			continue
		}
		w := n[0] * n[1] / (n[0] + n[1])
		d += w * (sum[1]/n[1] - sum[0]/n[0])
		weight += w
	}
	return d / weight, weight > 0
}

func average(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

// spread is the standard deviation.
func spread(v []float64) float64 {
	m, s := average(v), 0.0
	for _, x := range v {
		s += (x - m) * (x - m)
	}
	return math.Sqrt(s / float64(len(v)-1))
}

// StartOf is the first day of wave w, counted from 1, of a test that begins on first.
func StartOf(first time.Time, w, gap int) time.Time { return first.AddDate(0, (w-1)*gap, 0) }
