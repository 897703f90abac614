package queries

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// A system is what an attacker knows of one number that adds up, of one company and month.
type system struct {
	puzzle
	index     map[string]int
	known     map[string]bool // sums that are written down already
	questions []linearQuestion
	shown     int
}

type linearQuestion struct {
	name        string
	row         map[int]float64
	value, most float64
}

func (s *system) unknown(name string) int {
	i, ok := s.index[name]
	if !ok {
		i = len(s.names)
		s.index[name], s.names, s.low, s.high = i, append(s.names, name), append(s.low, 0), append(s.high, math.Inf(1))
	}
	return i
}

func rowName(row map[int]float64) string {
	var b strings.Builder
	for _, i := range slices.Sorted(maps.Keys(row)) {
		fmt.Fprintf(&b, "%d:%.6g ", i, row[i])
	}
	return b.String()
}

// learn writes a sum down, once.
func (s *system) learn(row map[int]float64, low, high float64) {
	if name := fmt.Sprint(rowName(row), low, high); len(row) > 0 && !s.known[name] {
		s.known[name] = true
		s.sums = append(s.sums, sum{row, low, high})
	}
}

// A clue is a row of a mart and the column that tells something of it.
type clue struct {
	*martRow
	column *column
	cut    []string        // the parts that it is of
	only   map[string]bool // cuts that the sum is of; nil is all
}

// cluesOf are what the series of a cluster are told of, by company and month.
func cluesOf(cluster *cluster, f forest) map[string][]clue {
	out := map[string][]clue{}
	for _, s := range cluster.series {
		for _, r := range s.rows {
			top := f.company(r)
			if top == "" {
				continue
			}
			var cut []string
			for _, p := range s.column.parts {
				if r.parts[p] != "" {
					cut = append(cut, p)
				}
			}
			out[top+" "+r.month] = append(out[top+" "+r.month], clue{r, s.column, cut, s.only})
		}
	}
	return out
}

// systemOf writes down what is told of one company and month.
func systemOf(clues []clue, shown map[string]map[string]*martRow, f forest, careless bool) *system {
	s := &system{index: map[string]int{}, known: map[string]bool{}}
	s.write(clues, shown, f, careless)
	return s
}

// write writes down what is told, what is asked, and how the cuts of a unit's people hang together.
func (s *system) write(clues []clue, shown map[string]map[string]*martRow, f forest, careless bool) {
	sets := [][]string{}
	for _, c := range clues {
		if !slices.ContainsFunc(sets, func(o []string) bool { return slices.Equal(o, c.cut) }) {
			sets = append(sets, c.cut)
		}
	}
	// the finest cuts
	sets = slices.DeleteFunc(slices.Clone(sets), func(a []string) bool {
		return slices.ContainsFunc(sets, func(b []string) bool { return len(b) > len(a) && containsAll(b, a) })
	})
	slices.SortFunc(sets, slices.Compare)
	leaves := make([]map[string]map[string]string, len(sets)) // by cut: name → parts
	for i, set := range sets {
		leaves[i] = map[string]map[string]string{}
		for _, c := range clues {
			if slices.Equal(c.cut, set) {
				leaves[i][c.martRow.cut(set)] = c.parts
			}
		}
	}
	weights := func(r *martRow, i int, only map[string]bool) map[int]float64 {
		out := map[int]float64{}
		for name, parts := range leaves[i] {
			if only != nil && !only[name] {
				continue
			}
			if slices.ContainsFunc(sets[i], func(p string) bool { return r.parts[p] != "" && r.parts[p] != parts[p] }) {
				continue
			}
			for u, share := range f.nodes[r.view+r.month][r.node] {
				out[s.unknown(u+"|"+name)] = share
			}
		}
		return out
	}
	asked := map[string]bool{}
	for _, c := range clues {
		i := slices.IndexFunc(sets, func(set []string) bool { return containsAll(set, c.cut) })
		if c.only != nil {
			i = slices.IndexFunc(sets, func(set []string) bool { return slices.Equal(set, c.column.parts) })
		}
		if i < 0 {
			continue
		}
		s.take(c, weights(c.martRow, i, c.only), shown[c.column.mart.name][c.key()], careless, asked)
	}
	nodes, have := map[string]*martRow{}, map[string]bool{}
	for _, c := range clues {
		nodes[c.node] = c.martRow
		have[c.node+"|"+c.martRow.cut(c.cut)] = true
		have[c.node+"|"+strings.Join(c.cut, " ")] = true
	}
	for i, set := range sets {
		for _, r := range nodes {
			all := &martRow{view: r.view, month: r.month, node: r.node}
			if i > 0 { // all cuts are of the same people
				row := maps.Clone(weights(all, 0, nil))
				for j, w := range weights(all, i, nil) {
					row[j] -= w
				}
				s.learn(row, 0, 0)
			}
			for name, parts := range leaves[i] { // what has no row is nobody
				if len(set) > 0 && have[r.node+"|"+strings.Join(set, " ")] && !have[r.node+"|"+name] {
					all.parts = parts
					s.learn(weights(all, i, nil), 0, 0)
				}
			}
			all.parts = nil
		}
	}
	slices.SortFunc(s.questions, func(a, b linearQuestion) int { return strings.Compare(a.name, b.name) })
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// take learns what is told of a clue, or asks for it.
func (s *system) take(c clue, row map[int]float64, told *martRow, careless bool, asked map[string]bool) {
	truth := c.column.value(c.martRow)
	if len(row) == 0 || told == nil || truth == nil {
		return
	}
	floor := c.column.mart.floor
	isShown := !told.isHidden && (told.people == 0 || told.people >= floor)
	value := c.column.value(told)
	isNew := !asked[rowName(row)]
	switch {
	case isShown && value != nil:
		most := *value
		// Rounded down to 5, but no less than the assessed among them: of some titles nobody can tell whether it is.
		assessed := told.values["assessed_n"]
		maybe := math.Mod(*value, 5) == 0 || assessed != nil && isSame(*value, *assessed)
		if !isSame(*value, *truth) && c.column.whole || c.only != nil && len(c.cut) == 0 && maybe {
			most = math.Max(*value, math.Floor(*value/5)*5+4)
		}
		s.learn(row, *value, most)
		s.shown++
		return
	case careless && c.people >= floor:
		s.learn(row, *truth, *truth)
	case isNew && c.people > 0 && c.people < floor && *truth > 0 && (c.column.name != c.column.mart.people || c.people < float64(lowestFloors.People)):
		most := math.Inf(1)
		if c.column.name == c.column.mart.people {
			most = floor - 1
		}
		s.questions = append(s.questions, linearQuestion{c.column.mart.name + "." + c.column.name + " of " + c.key(), row, *truth, most})
		asked[rowName(row)] = true
	case isNew && isShown && c.people > 0 && *truth > 0 && (*truth < 5 || *truth == c.people && strings.HasPrefix(c.column.name, "numerator")) && c.column.whole:
		s.questions = append(s.questions, linearQuestion{"withheld " + c.column.mart.name + "." + c.column.name + " of " + c.key(), row, *truth, math.Inf(1)})
		asked[rowName(row)] = true
	}
	if low, high := told.values["numerator_low"], told.values["numerator_high"]; isShown && low != nil && high != nil && (c.column.name == "numerator" || c.column.name == "amount") {
		s.learn(row, *low, *high)
	}
}

// drop leaves out the unknowns that are nobody for sure.
func (s *system) drop() {
	zero := map[int]bool{}
	for _, x := range s.sums {
		positive := x.low == 0 && x.high == 0
		for _, w := range x.weights {
			positive = positive && w > 0
		}
		if positive {
			for i := range x.weights {
				zero[i] = true
			}
		}
	}
	strip := func(row map[int]float64) { maps.DeleteFunc(row, func(i int, _ float64) bool { return zero[i] }) }
	for _, x := range s.sums {
		strip(x.weights)
	}
	s.sums = slices.DeleteFunc(s.sums, func(x sum) bool { return len(x.weights) == 0 })
	for _, q := range s.questions {
		strip(q.row)
	}
}

// ranked returns the questions that follow from the equations alone.
func (s *system) ranked() (found []string) {
	n := len(s.names)
	var reduced [][]float64
	var pivots []int
	reduce := func(row []float64) int {
		for i, p := range pivots {
			if w := row[p]; w != 0 {
				for j, x := range reduced[i] {
					row[j] -= w * x
				}
			}
		}
		best := -1
		for j, x := range row[:n] {
			if math.Abs(x) > 1e-9 && (best < 0 || math.Abs(x) > math.Abs(row[best])) {
				best = j
			}
		}
		return best
	}
	spread := func(weights map[int]float64, value float64) []float64 {
		row := make([]float64, n+1)
		for i, w := range weights {
			row[i] = w
		}
		row[n] = value
		return row
	}
	for _, x := range s.sums {
		if x.low != x.high {
			continue
		}
		row := spread(x.weights, x.low)
		if p := reduce(row); p >= 0 {
			scale := row[p]
			for j := range row {
				row[j] /= scale
			}
			reduced, pivots = append(reduced, row), append(pivots, p)
		}
	}
	for _, q := range s.questions {
		row := spread(q.row, 0)
		if len(q.row) > 0 && reduce(row) < 0 {
			found = append(found, fmt.Sprintf("%s is %v by rank (found %v)", q.name, q.value, -row[n]))
		}
	}
	return found
}

// bounded returns those of some questions that bounds leave one answer for.
func (s *system) bounded(rng *rand.Rand, most int) (asked int, found []string, err error) {
	known := len(s.sums)
	for _, i := range rng.Perm(len(s.questions))[:min(most, len(s.questions))] {
		q := s.questions[i]
		if len(q.row) == 0 {
			continue
		}
		asked++
		if !math.IsInf(q.most, 1) && rng.IntN(2) == 0 {
			s.sums = append(s.sums, sum{q.row, 0, q.most})
		}
		got, ok, err := s.fixed(q.row)
		s.sums = s.sums[:known]
		if err != nil {
			return asked, found, fmt.Errorf("%s: %w", q.name, err)
		}
		if ok {
			found = append(found, fmt.Sprintf("%s is %v by bounds (found %v)", q.name, q.value, got))
		}
	}
	return asked, found, nil
}
