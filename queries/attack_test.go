package queries

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

// A puzzle is what an attacker knows of the people of one month: integers that are
// not known, sums of them that are, and bounds.
type puzzle struct {
	names     []string  // of the unknowns
	low, high []float64 // the least and the most that each can be
	sums      []sum
}

// A sum says that Σ weight × unknown lies from low to high.
type sum struct {
	weights   map[int]float64
	low, high float64
}

// know adds that a sum is a value.
func (p *puzzle) know(weights map[int]float64, value float64) {
	p.sums = append(p.sums, sum{weights, value, value})
}

// fixed returns the value of Σ weight × unknown if all that is known leaves one
// whole number for it. Linear programming allows more than whole numbers do, so
// the bounds are rounded inwards.
func (p *puzzle) fixed(weights map[int]float64) (value float64, ok bool, err error) {
	least, err := p.least(weights)
	if err != nil {
		return 0, false, err
	}
	turned := map[int]float64{}
	for i, w := range weights {
		turned[i] = -w
	}
	most, err := p.least(turned)
	if err != nil {
		return 0, false, err
	}
	least, most = math.Ceil(least-1e-5)+0, math.Floor(-most+1e-5)+0 // -0 is 0
	return least, least >= most, nil
}

// least is the smallest that Σ weight × unknown can be.
func (p *puzzle) least(weights map[int]float64) (float64, error) {
	n := len(p.names)
	var rows [][]float64
	var right []float64
	slacks := 0
	add := func(weights map[int]float64, value float64, slack float64) {
		row := make([]float64, n+slacks, n+slacks+1)
		for i, w := range weights {
			row[i] = w
			value -= w * p.low[i] // unknowns are counted from their least
		}
		if slack != 0 {
			row = append(row, slack)
			slacks++
		}
		rows, right = append(rows, row), append(right, value)
	}
	for _, s := range p.sums {
		if s.low == s.high {
			add(s.weights, s.low, 0)
			continue
		}
		add(s.weights, s.low, -1)
		add(s.weights, s.high, 1)
	}
	for i, h := range p.high {
		if !math.IsInf(h, 1) {
			add(map[int]float64{i: 1}, h, 1)
		}
	}
	rows, right = independent(rows, right, n+slacks)
	offset := 0.0
	c := make([]float64, n+slacks)
	for i, w := range weights {
		c[i] = w
		offset += w * p.low[i]
	}
	rows, right, c, free := used(rows, right, c)
	if free {
		return math.Inf(-1), nil
	}
	if len(rows) == 0 {
		return offset, nil
	}
	if len(rows) == len(c) { // one solution, which lp does not take
		for i, r := range rows {
			for j, w := range r {
				offset += w * c[j] * right[i]
			}
		}
		return offset, nil
	}
	flat := make([]float64, 0, len(rows)*len(c))
	for _, r := range rows {
		flat = append(flat, r...)
	}
	value, _, err := lp.Simplex(c, mat.NewDense(len(rows), len(c), flat), right, 1e-9, nil)
	if errors.Is(err, lp.ErrUnbounded) {
		return math.Inf(-1), nil
	}
	return value + offset, err
}

// used leaves out the unknowns that stand in no row. One with a negative price
// makes the sum as small as one likes.
func used(rows [][]float64, right, c []float64) (_ [][]float64, _, _ []float64, free bool) {
	var keep []int
	for j := range c {
		in := false
		for _, r := range rows {
			in = in || r[j] != 0
		}
		if in {
			keep = append(keep, j)
		} else if c[j] < 0 {
			return nil, nil, nil, true
		}
	}
	pick := func(r []float64) []float64 {
		out := make([]float64, len(keep))
		for i, j := range keep {
			out[i] = r[j]
		}
		return out
	}
	for i := range rows {
		rows[i] = pick(rows[i])
	}
	return rows, right, pick(c), false
}

// independent keeps the rows that say something new, in reduced form.
func independent(rows [][]float64, right []float64, width int) ([][]float64, []float64) {
	var kept [][]float64
	var leads []int
	for i, r := range rows {
		row := make([]float64, width+1)
		copy(row, r)
		row[width] = right[i]
		for k, b := range kept {
			if f := row[leads[k]]; f != 0 {
				for j := range row {
					row[j] -= f * b[j]
				}
			}
		}
		lead := -1
		for j := range width {
			if math.Abs(row[j]) < 1e-9 {
				row[j] = 0
			} else if lead < 0 || math.Abs(row[j]) > math.Abs(row[lead]) {
				lead = j
			}
		}
		if lead < 0 {
			continue
		}
		f := row[lead]
		for j := range row {
			row[j] /= f
		}
		for k, b := range kept {
			if f := b[lead]; f != 0 {
				for j := range b {
					b[j] -= f * row[j]
				}
				kept[k] = b
			}
		}
		kept, leads = append(kept, row), append(leads, lead)
	}
	out, values := make([][]float64, len(kept)), make([]float64, len(kept))
	for i, b := range kept {
		out[i], values[i] = b[:width], b[width]
	}
	return out, values
}

// The attack finds what can be found, and nothing else.
func TestPuzzles(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		name      string
		low, high []float64
		sums      []sum
		ask       map[int]float64
		want      string
	}{
		{"nothing is known", []float64{0, 0}, []float64{inf, inf}, nil, map[int]float64{0: 1}, "open"},
		{"a difference", []float64{0, 0}, []float64{inf, inf}, []sum{{map[int]float64{0: 1, 1: 1}, 12, 12}, {map[int]float64{1: 1}, 9, 9}}, map[int]float64{0: 1}, "3"},
		{"two hide each other", []float64{0, 0}, []float64{inf, inf}, []sum{{map[int]float64{0: 1, 1: 1}, 12, 12}}, map[int]float64{0: 1}, "open"},
		{"both are at most 4 and together 8", []float64{0, 0}, []float64{4, 4}, []sum{{map[int]float64{0: 1, 1: 1}, 8, 8}}, map[int]float64{1: 1}, "4"},
		{"both are at most 4 and together 7", []float64{0, 0}, []float64{4, 4}, []sum{{map[int]float64{0: 1, 1: 1}, 7, 7}}, map[int]float64{1: 1}, "open"},
		{"together nothing", []float64{0, 0}, []float64{inf, inf}, []sum{{map[int]float64{0: 1, 1: 1}, 0, 0}}, map[int]float64{1: 1}, "0"},
		{"one knows oneself", []float64{1, 0}, []float64{4, 4}, []sum{{map[int]float64{0: 1, 1: 1}, 1, 1}}, map[int]float64{1: 1}, "0"},
		{"halves leave one whole number", []float64{0, 0}, []float64{inf, inf}, []sum{{map[int]float64{0: 2, 1: 1}, 5, 5}, {map[int]float64{0: 1}, 1.6, 2.4}}, map[int]float64{0: 1}, "2"},
		{"a range", []float64{0, 0, 0}, []float64{inf, inf, inf}, []sum{{map[int]float64{0: 1, 1: 1, 2: 1}, 20, 20}, {map[int]float64{2: 1}, 0, 4}}, map[int]float64{0: 1, 1: 1}, "open"},
	} {
		p := puzzle{names: make([]string, len(tt.low)), low: tt.low, high: tt.high, sums: tt.sums}
		value, ok, err := p.fixed(tt.ask)
		got := "open"
		if ok {
			got = fmt.Sprint(value)
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	// Whatever is summed of a true solution, the solution lies within the bounds found.
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + rng.IntN(6)
		p := puzzle{names: make([]string, n), low: make([]float64, n), high: make([]float64, n)}
		truth := make([]float64, n)
		for i := range truth {
			truth[i] = float64(rng.IntN(9))
			p.high[i] = []float64{truth[i], 8, inf}[rng.IntN(3)]
		}
		for range rng.IntN(5) {
			weights, value := map[int]float64{}, 0.0
			for i := range truth {
				if w := float64(rng.IntN(3)) / 2; w > 0 {
					weights[i] = w
					value += w * truth[i]
				}
			}
			p.know(weights, value)
		}
		ask := map[int]float64{rng.IntN(n): 1}
		for i := range ask {
			if value, ok, err := p.fixed(ask); err != nil || ok && value != truth[i] {
				t.Fatalf("%v is fixed at %v, %v; it is %v: %+v", i, value, err, truth[i], p)
			}
		}
	}
}
