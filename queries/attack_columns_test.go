package queries

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// A forest says which units are behind the nodes of the trees, by view and month.
type forest struct {
	nodes map[string]map[string]map[string]float64 // view month → node → unit → share
	above map[string]map[string]string             // view month → node → the smallest node around it
	tops  map[string]string                        // view month node → its company
}

// parents of the nodes of a month: the smallest node around each.
func (f forest) parents(at string) map[string]string {
	if out, ok := f.above[at]; ok {
		return out
	}
	out, around := map[string]string{}, map[string][]string{} // by unit: the nodes that hold it
	size := func(n string) int { return len(f.nodes[at][n]) }
	for n, units := range f.nodes[at] {
		if !strings.HasPrefix(n, "own ") {
			for u := range units {
				around[u] = append(around[u], n)
			}
		}
	}
	for n := range f.nodes[at] {
		for _, o := range around[n] {
			if o != n && size(o) >= size(n) && (out[n] == "" || cmp.Or(cmp.Compare(size(o), size(out[n])), strings.Compare(o, out[n])) < 0) && (size(o) > size(n) || o > n) {
				out[n] = o
			}
		}
	}
	f.above[at] = out
	return out
}

// company is the top of the tree that a row is about; "" is that of none alone.
func (f forest) company(r *martRow) string {
	key := r.view + r.month + r.node
	top, ok := f.tops[key]
	if ok {
		return top
	}
	for u := range f.nodes[r.view+r.month][r.node] {
		of, _, _ := strings.Cut(strings.TrimLeft(u, "TopD"), ".")
		if top != "" && top != of {
			top = ""
			break
		}
		top = of
	}
	f.tops[key] = top
	return top
}

// A column is one additive number of a mart: told along the tree, and along some parts.
type column struct {
	mart  *mart
	name  string
	value func(*martRow) *float64
	whole bool
	parts []string // along which it adds up
}

// attributes are those of people: of each alone a table tells all people.
var attributes = []string{"title", "location", "type"}

// columnsOf finds, in the truth, which numbers of a mart add up and along what.
func columnsOf(m *mart, f forest) []*column {
	var out []*column
	add := func(name string, whole bool, value func(*martRow) *float64) bool {
		c := &column{m, name, value, whole, nil}
		if !c.addsUpNodes(f) {
			return false
		}
		for _, p := range m.partNames() {
			if c.addsUpPart(p) {
				c.parts = append(c.parts, p)
			}
		}
		out = append(out, c)
		return true
	}
	var means []string
	for _, name := range slices.Sorted(maps.Keys(m.columns)) {
		stem, isLow := strings.CutSuffix(name, "_low")
		if isLow && m.columns[stem+"_high"] && !hasColumn(m, stem) {
			add(stem, true, func(r *martRow) *float64 {
				if low, high := r.values[stem+"_low"], r.values[stem+"_high"]; low != nil && high != nil && *low == *high {
					return low
				}
				return nil
			})
		}
		if isLow || strings.HasSuffix(name, "_high") {
			continue
		}
		if !add(name, m.columns[name], func(r *martRow) *float64 { return r.values[name] }) && !m.columns[name] {
			means = append(means, name)
		}
	}
	sums := slices.Clone(out)
	for _, mean := range means { // a mean times what it is a mean over
		for _, c := range sums {
			add(mean+" × "+c.name, false, func(r *martRow) *float64 {
				a, b := r.values[mean], c.value(r)
				if a == nil || b == nil {
					return nil
				}
				product := *a * *b
				return &product
			})
		}
	}
	return out
}

func hasColumn(m *mart, name string) bool { _, ok := m.columns[name]; return ok }

func (m *mart) partNames() []string {
	names := map[string]bool{}
	for _, r := range m.rows {
		for p := range r.parts {
			names[p] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// isSame says that two numbers are the same.
func isSame(a, b float64) bool {
	return math.Abs(a-b) <= 1e-6*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

// addsUpNodes reports whether a node has at least what the nodes below it have, and no
// more where it has no people of its own.
func (c *column) addsUpNodes(f forest) bool {
	told := map[string]*martRow{}
	for _, r := range c.mart.rows {
		told[r.key()] = r
	}
	at := map[string]map[string]string{}
	below, people := map[string]float64{}, map[string]float64{}
	for _, r := range c.mart.rows {
		if r.view != string(AsWas) || strings.HasPrefix(r.node, "own ") {
			continue
		}
		if at[r.month] == nil {
			at[r.month] = f.parents(r.view + r.month)
		}
		if parent := at[r.month][r.node]; parent != "" {
			up := *r
			up.id, up.node = "", parent
			below[up.key()] += deref(c.value(r))
			people[up.key()] += r.people
		}
	}
	tried, wrong := 0, 0
	for key, r := range told {
		if people[key] == 0 || r.people == 0 {
			continue
		}
		tried++
		own := deref(c.value(r)) - below[key]
		if own < -1e-6*math.Max(1, below[key]) || isSame(people[key], r.people) && !isSame(own, 0) {
			wrong++
		}
	}
	if tried == 0 {
		return len(told) > 0 && c.whole // of the company alone, or of units alone
	}
	return wrong == 0
}

// addsUpPart reports whether ” of a part is the sum of its values.
func (c *column) addsUpPart(part string) bool {
	sums, seen := map[string]float64{}, map[string]int{}
	for _, r := range c.mart.rows {
		if r.parts[part] != "" {
			all := *r
			all.id, all.parts = "", maps.Clone(r.parts)
			all.parts[part] = ""
			sums[all.key()] += deref(c.value(r))
			if deref(c.value(r)) != 0 {
				seen[all.key()]++
			}
		}
	}
	tried, wrong := 0, 0
	for _, r := range c.mart.rows {
		if k := r.key(); r.parts[part] == "" && seen[k] > 1 {
			if tried++; !isSame(sums[k], deref(c.value(r))) {
				wrong++
			}
		}
	}
	if slices.Contains(attributes, part) && len(sums) > 0 && !slices.ContainsFunc(c.mart.rows, func(r *martRow) bool { return seen[r.key()] > 0 }) {
		return c.whole // there are no rows of all: of the same people, as another table tells
	}
	return tried > 3 && wrong == 0
}

// A series is a column where all that does not add up is the same: of one measure, by unit and month.
type series struct {
	column *column
	name   string
	rows   []*martRow
	told   map[string]float64 // in truth, of nodes and parts that add up
	only   map[string]bool    // the cuts that its sums are of; nil is all
}

// seriesOf cuts a column into series.
func (c *column) seriesOf() map[string]*series {
	out := map[string]*series{}
	for _, r := range c.mart.rows {
		if r.view != string(AsWas) {
			continue
		}
		name := c.mart.name + "." + c.name + "|" + r.rest
		for _, p := range slices.Sorted(maps.Keys(r.parts)) {
			if !slices.Contains(c.parts, p) {
				name += "|" + p + "=" + r.parts[p]
			}
		}
		s := out[name]
		if s == nil {
			s = &series{column: c, name: name, told: map[string]float64{}}
			out[name] = s
		}
		s.rows = append(s.rows, r)
		if v := c.value(r); v != nil {
			s.told[r.month+"|"+r.node+"|"+r.cut(c.parts)] += *v
		}
	}
	return out
}

// cut is the values of parts, in order.
func (r *martRow) cut(parts []string) string {
	out := ""
	for _, p := range parts {
		if r.parts[p] != "" {
			out += p + "=" + r.parts[p] + " "
		}
	}
	return out
}

// A cluster is of series that tell the same.
type cluster struct {
	series []*series
	told   map[string]float64
}

// isLike reports whether a series tells the same number of the same people: wherever both
// tell something it is equal, and that is often enough to be no chance. within compares
// parts alone: the same people of each part, but not all parts.
func (c *cluster) isLike(s *series, within bool) bool {
	common, values := 0, map[float64]bool{}
	for k, v := range s.told {
		w, ok := c.told[k]
		if !ok || within && !strings.Contains(k, "=") {
			continue
		}
		if !isSame(v, w) {
			return false
		}
		common++
		values[v] = true
	}
	return common >= 12 && len(values) >= 5
}

func (c *cluster) add(s *series) {
	c.series = append(c.series, s)
	for k, v := range s.told {
		if s.only == nil || strings.Contains(k, "=") {
			c.told[k] = v
		}
	}
}

// complete adds to what a series tells what is the same: those directly in a unit that no
// other belongs to are all of it, and all is the sum of a table's only part.
func (s *series) complete(f forest) {
	sums := map[string]float64{}
	for _, r := range s.rows {
		v, cut := s.column.value(r), r.cut(s.column.parts)
		if v == nil {
			continue
		}
		if unit, isOwn := strings.CutPrefix(r.node, "own "); isOwn && len(f.nodes[r.view+r.month][unit]) == 1 {
			s.told[r.month+"|"+unit+"|"+cut] = *v
		}
		if strings.HasPrefix(cut, "title=") && strings.Count(cut, "=") == 1 {
			sums[r.month+"|"+r.node+"|"] += *v
		}
	}
	for k, v := range sums {
		if _, ok := s.told[k]; !ok {
			s.told[k] = v
		}
	}
}

// clustersOf puts together the series that tell the same.
func clustersOf(all []*series, f forest) []*cluster {
	var out, whole []*cluster
	for _, s := range all {
		s.complete(f)
		i := slices.IndexFunc(out, func(c *cluster) bool { return c.isLike(s, false) })
		if i < 0 {
			i = len(out)
			out = append(out, &cluster{told: map[string]float64{}})
		}
		out[i].add(s)
	}
	// some titles of a table that tells them all
	for _, c := range out {
		i := slices.IndexFunc(out, func(o *cluster) bool { return o != c && c.isSomeOf(o) })
		if i < 0 {
			whole = append(whole, c)
			continue
		}
		for _, s := range c.series {
			s.only = map[string]bool{}
			for _, r := range s.rows {
				if cut := r.cut(s.column.parts); cut != "" {
					s.only[cut] = true
				}
			}
			out[i].add(s)
		}
	}
	return whole
}

// isSomeOf reports whether o tells the same of each title, and has more of them.
func (c *cluster) isSomeOf(o *cluster) bool {
	s := c.series[0]
	return s.only == nil && slices.Equal(s.column.parts, []string{"title"}) && o.series[0].only == nil && len(o.told) > len(c.told) && o.isLike(s, true)
}
