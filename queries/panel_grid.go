package queries

import (
	"math"
	"time"
)

// A cell is a unit's month: its value, and what it weighs in a mean or a ratio. A
// month without a value holds NaN.
type cell struct{ value, weight float64 }

// A grid holds the cells of some units by unit and month.
type grid struct {
	first int // month
	cells [][]cell
}

func newGrid(units []unitRow, all []cellRow, last time.Time) *grid {
	index := make(map[string]int, len(units))
	for i, u := range units {
		index[u.Unit] = i
	}
	end := monthNumber(last)
	g := &grid{first: end, cells: make([][]cell, len(units))}
	for _, c := range all {
		if _, ok := index[c.unit]; ok {
			g.first = min(g.first, c.month)
		}
	}
	for i := range g.cells {
		g.cells[i] = make([]cell, end-g.first+1)
		for t := range g.cells[i] {
			g.cells[i][t].value = math.NaN()
		}
	}
	for _, c := range all {
		if i, ok := index[c.unit]; ok && c.month <= end {
			g.cells[i][c.month-g.first] = cell{c.value, c.weight}
		}
	}
	return g
}

// share is the share of the units that have a value in a month.
func (g *grid) share(month time.Time) float64 {
	t := monthNumber(month) - g.first
	if t < 0 || len(g.cells) == 0 || t >= len(g.cells[0]) {
		return 0
	}
	n := 0
	for _, row := range g.cells {
		if !math.IsNaN(row[t].value) {
			n++
		}
	}
	return float64(n) / float64(len(g.cells))
}

// row is unit i from a month on.
func (g *grid) row(i int, from time.Time, n int) []cell {
	t := monthNumber(from) - g.first
	return g.cells[i][t : t+n]
}
