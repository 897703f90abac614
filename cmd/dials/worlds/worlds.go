// Package worlds makes companies whose truth is known: dials with a season and
// noise that hangs together in time, and tactics that move them by a set amount,
// mostly by nothing. It writes them as source files with a configuration, and knows
// nothing of what reads them.
package worlds

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// The size of a company.
const (
	Units  = 40
	Months = 48
	// Level is what a dial's units are around; effects are in points of it.
	Level = 100.0
)

// The noise of a dial, in points: what units differ by, what they all share in a
// month, what each has of its own, and how far a month is like the one before.
const (
	spread = 10.0
	common = 2.0
	own    = 6.0
	rho    = 0.4
	season = 3.0
)

// A Form is how a dial's units are put together, and so the scale of its effects.
type Form string

// The forms.
const (
	Mean  Form = "mean"  // in points
	Sum   Form = "sum"   // in logarithms: one point is 0.01
	Ratio Form = "ratio" // in points
)

// A Dial is one measure of all units.
type Dial struct {
	ID   string
	Form Form
	// Points holds what units are above or below Level, by unit and month; NaN is
	// not observed.
	Points [][]float64
}

// Value is a dial's cell as its source delivers it, with its denominator.
func (d *Dial) Value(unit, month int) (v, denominator float64) {
	p := d.Points[unit][month]
	switch d.Form {
	case Sum:
		return Level * math.Exp(p/Level), 0
	case Ratio:
		return Level + p, float64(400 + 60*(unit%11))
	case Mean:
	}
	return Level + p, 0
}

// A Tactic is one tactic with the links to its dials.
type Tactic struct {
	ID         string
	AssignedBy string // random, order, choice, all
	// Starts holds the month in which a unit starts, by unit; -1 is never. It is
	// nil where all start at All.
	Starts []int
	All    int
	// Controls are the units that the register names to compare with; none names none.
	Controls []int
	// From and To are the months that units were chosen on; To 0 is that they were not.
	From, To int
	Dials    []string
	// Worth is the smallest effect worth having, in points, of each dial.
	Worth []float64
	Late  bool // the link was registered after the launch
}

// A Person is one employee.
type Person struct {
	Hired int // month, before the first one negative
	Left  int // month in which they left by choice; -1 if they stay
	// Tactic, Treated and Level are of the experiment that they are part of, if any.
	Tactic  string
	Treated bool
	Title   int
}

// A Company is what is written.
type Company struct {
	Dials   []*Dial
	Tactics []*Tactic
	People  []Person
	Trials  []*Trial
}

// A Trial is a tactic whose arms are people; its dial is how many leave by choice.
type Trial struct {
	ID         string
	AssignedBy string
	Launch     int
	Worth      float64 // of one
}

// month is the first day of month t.
func month(t int) time.Time {
	return time.Date(2022, time.Month(1+t), 1, 0, 0, 0, 0, time.UTC)
}

// source makes the random numbers of one part of one company.
func source(seed uint64, part string) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, c := range []byte(part) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h)) //nolint:gosec // simulations must be repeatable
}

// autoregressive fills x with noise of standard deviation sigma.
func autoregressive(r *rand.Rand, n int, sigma, rho float64) []float64 {
	x := make([]float64, n)
	for t := range x {
		e := sigma * r.NormFloat64()
		if t == 0 {
			x[t] = e
			continue
		}
		x[t] = rho*x[t-1] + math.Sqrt(1-rho*rho)*e
	}
	return x
}

// A climate is the noise of one dial.
type climate struct {
	common, own, rho float64
}

func ordinary() climate { return climate{common: common, own: own, rho: rho} }

// newDial draws a dial on which nothing has any effect.
func newDial(r *rand.Rand, id string, form Form, c climate) *Dial {
	d := &Dial{ID: id, Form: form, Points: make([][]float64, Units)}
	shared := autoregressive(r, Months, c.common, c.rho)
	for i := range d.Points {
		level := spread * r.NormFloat64()
		x := autoregressive(r, Months, c.own, c.rho)
		for t := range x {
			x[t] += level + shared[t] + season*math.Sin(float64(t)*math.Pi/6)
		}
		d.Points[i] = x
	}
	return d
}

// add moves a dial by an effect since each unit's start, by months since.
func (d *Dial) add(starts []int, effect func(since int) float64) {
	for i, s := range starts {
		for t := max(0, s); s >= 0 && t < Months; t++ {
			d.Points[i][t] += effect(t - s)
		}
	}
}

// starting gives the units of an order their starts: k of them a date.
func starting(order []int, k int, dates ...int) []int {
	s := make([]int, Units)
	for i := range s {
		s[i] = -1
	}
	for n, d := range dates {
		for _, u := range order[n*k : (n+1)*k] {
			s[u] = d
		}
	}
	return s
}

func unitID(i int) string { return fmt.Sprintf("U%02d", i+1) }
