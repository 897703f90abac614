package dashboards

import (
	"cmp"
	"math"
	"slices"

	"dials/queries/evidence"
)

// groupKinds are the ways in which units are grouped, with what the rows are called.
var groupKinds = []struct{ kind, head string }{{"group-unit", "Unit above"}, {"group-wave", "Wave"}, {"group-size", "Size"}}

// A groupsView is the effect by unit group.
type groupsView struct {
	Title  string
	Tables []dataTable
}

// byGroup is the effect by unit group, each way of grouping in its table.
func (r *request) byGroup(d *impactData) *groupsView {
	v := &groupsView{}
	groups, against, wanted := 0, 0, 0
	apart := false
	for _, kind := range groupKinds {
		points := slices.Clone(d.points[kind.kind])
		slices.SortStableFunc(points, func(a, b impactPointRow) int { return cmp.Compare(deref(a.Name), deref(b.Name)) })
		t := dataTable{Caption: "Effect by " + kind.head, Head: []string{kind.head, capital(d.row.unitNoun()) + "s", "Effect", "Interval"}}
		low, high := math.Inf(-1), math.Inf(1) // what all intervals have in common
		for _, p := range points {
			if p.Value == nil || p.Low == nil || p.High == nil {
				continue
			}
			t.Rows = append(t.Rows, []string{deref(p.Name), r.numbers.count(int64(deref(p.X))), d.scale.signed(*p.Value), d.scale.between(*p.Low, *p.High)})
			low, high = max(low, *p.Low), min(high, *p.High)
			groups++
			switch up := d.dial.wanted() != evidence.Down; {
			case *p.Low > 0 && up, *p.High < 0 && !up:
				wanted++
			case *p.Low > 0, *p.High < 0:
				against++
			}
		}
		if len(t.Rows) < 2 {
			continue
		}
		apart = apart || low > high
		v.Tables = append(v.Tables, t)
	}
	switch {
	case len(v.Tables) == 0:
		return nil
	case apart:
		v.Title = "Is the effect the same everywhere? The intervals of some groups do not meet"
	case against > 0:
		v.Title = "Is the effect the same everywhere? In some groups it went the other way"
	case wanted == groups:
		v.Title = "The effect is there in each group of units"
	default:
		v.Title = "Is the effect the same everywhere? The groups do not tell themselves apart"
	}
	return v
}
