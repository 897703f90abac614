package queries

import (
	"fmt"

	"dials/queries/evidence"
)

// rivalsOf says how far each rival touched treated and comparison units. Of a
// series, the months before the launch are what is compared with.
func rivalsOf(p *panel, rows []rivalRow, isSeries bool) []evidence.Rival {
	index := map[string]int{}
	for i, u := range p.units {
		index[u.Unit] = i
	}
	treated, comparison := p.counts()
	last := p.months[len(p.months)-1]
	type touch struct {
		rival               evidence.Rival
		treated, comparison map[int]bool
		before              float64 // unit-months
	}
	var order []string
	touched := map[string]*touch{}
	for _, r := range rows {
		i, ok := index[r.Unit]
		if !ok {
			continue
		}
		t := touched[r.ID]
		if t == nil {
			t = &touch{rival: evidence.Rival{Name: r.Name, IsIndependent: true}, treated: map[int]bool{}, comparison: map[int]bool{}}
			touched[r.ID] = t
			order = append(order, r.ID)
		}
		t.rival.IsIndependent = t.rival.IsIndependent && r.IsIndependent
		start := p.months[p.launch]
		if p.isTreated(i) {
			for _, m := range p.months[:p.launch] {
				if !m.Before(r.From) && (r.To == nil || m.Before(*r.To)) {
					t.before++
				}
			}
		}
		if r.From.After(last) || r.To != nil && !r.To.After(start) {
			continue
		}
		if p.isTreated(i) {
			t.treated[i] = true
		} else {
			t.comparison[i] = true
		}
	}
	var out []evidence.Rival
	for _, id := range order {
		t := touched[id]
		t.rival.Treated = float64(len(t.treated)) / float64(treated)
		switch {
		case isSeries:
			t.rival.Comparison = t.before / float64(treated*p.launch)
		case comparison > 0:
			t.rival.Comparison = float64(len(t.comparison)) / float64(comparison)
		}
		if len(t.treated)+len(t.comparison) > 0 || isSeries && t.before > 0 {
			out = append(out, t.rival)
		}
	}
	return out
}

// waveMarks are the starts of the tactic and of its rivals, for charts.
func (s *study) waveMarks(p *panel, rivals []rivalRow) {
	for k, d := range p.dates() {
		s.points = append(s.points, point{Kind: "wave", Name: fmt.Sprint(k + 1), Month: &p.months[d]})
	}
	seen := map[string]bool{}
	for _, r := range rivals {
		if !seen[r.ID] {
			seen[r.ID] = true
			from := r.From
			s.points = append(s.points, point{Kind: "rival", Name: r.Name, Month: &from})
		}
	}
}
