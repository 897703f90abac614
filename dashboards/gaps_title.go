package dashboards

import (
	"cmp"
	"slices"
)

// gapTitleView shows the title asked for.
func (r *request) gapTitleView(g *gaps) (*gapTitleView, error) {
	if g.title == "" {
		return nil, nil
	}
	v := &gapTitleView{Name: cmp.Or(g.titleName[g.title], g.title), Profile: r.gapProfile(g), Raters: r.gapRaters(g), Similar: r.gapSimilar(g)}
	radar, why, err := r.radarPanel(g, v.Name)
	v.Radar, v.Why = radar, why
	return v, err
}

// gapProfile lists what the title requires.
func (r *request) gapProfile(g *gaps) *gapTable {
	t := &gapTable{
		Title: "What does the title require?", Sub: "In force now, the most critical first; the anchor is that of the point at or below the level",
		Head: []string{"Competency", "Criticality", "Level", "Of the scale", "Holds for", "Objective", "What the level means", "Framework"},
		Foot: []footItem{{Text: "Definition", Link: definition("gap-index")}, {Text: "Table: marts.requirements"}},
	}
	for _, x := range g.profile {
		line := []string{x.Name, r.level(x.Weight), r.level(x.Level), unknown, "everywhere", cmp.Or(deref(x.GoalName), deref(x.GoalID), unknown), unknown, cmp.Or(deref(x.Framework), unknown)}
		if x.Share != nil {
			line[3] = r.numbers.wholePercent(*x.Share)
		}
		if x.HoldsFor != "" {
			line[4] = x.HoldsFor
			for _, u := range r.units {
				if u.UnitID == x.HoldsFor {
					line[4] = u.Name
				}
			}
		}
		if x.Label != nil || x.Anchor != nil {
			line[6] = deref(x.Label)
			if a := deref(x.Anchor); a != "" && line[6] != "" {
				line[6] += ": " + a
			} else if a != "" {
				line[6] = a
			}
		}
		t.Rows, t.Links = append(t.Rows, line), append(t.Links, r.cellLink(g, g.title, x.CompetencyID))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	top := g.profile[0]
	t.Title = r.numbers.plural(int64(len(g.profile)), "requirement") + "; the most critical is " + lowered(top.Name) + " (" + r.level(top.Weight) + ")"
	return t
}

// raterNames say two kinds of raters.
var raterNames = map[string]string{"self|manager": "Self and manager", "peer|manager": "Peer and manager", "peer|peer": "Two peers"}

// gapRaters shows how far raters agree, on the title and on all.
func (r *request) gapRaters(g *gaps) *gapTable {
	t := &gapTable{
		Title: "Do raters agree?", Sub: "Of each person and competency the latest ratings of a year. Differences in points of 100 of the scale; κ weighed by squares; nothing is told under three raters",
		Head: []string{"Title", "Raters", "Ratings compared", "People", "First above second", "SD", "Same point", "Within one", "κ"},
		Foot: []footItem{{Text: "Definition", Link: definition("rater-agreement")}, {Text: "self − manager", Link: definition("self-manager")}, {Text: "Table: marts.gap_raters"}},
	}
	for _, title := range slices.Compact([]string{g.title, ""}) {
		for _, x := range g.raters {
			if x.TitleID != title {
				continue
			}
			line := []string{g.titleName[title], cmp.Or(raterNames[x.Raters], x.Raters), r.numbers.count(deref(x.Pairs)), r.numbers.count(deref(x.People)), unknown, unknown, unknown, unknown, unknown}
			if x.HasFew || x.Difference == nil {
				line[4] = "under 3 raters"
			} else {
				line[4], line[5] = r.numbers.signed(*x.Difference*100, 0), r.numbers.fixed(deref(x.SD)*100, 0)
				line[6], line[7] = r.numbers.wholePercent(deref(x.Exact)), r.numbers.wholePercent(deref(x.Within))
				if x.Kappa != nil {
					line[8] = r.numbers.fixed(*x.Kappa, 2)
				}
			}
			t.Rows, t.Links = append(t.Rows, line), append(t.Links, r.cellLink(g, title, ""))
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	for _, x := range g.raters {
		if x.TitleID == g.title && x.Raters == "self|manager" && x.Difference != nil {
			t.Title = "People of this title rate themselves " + r.numbers.signed(*x.Difference*100, 0) + " points against their managers, who give the same point " + r.numbers.wholePercent(deref(x.Exact)) + " of the time"
		}
	}
	return t
}

// gapSimilar lists titles that require much the same.
func (r *request) gapSimilar(g *gaps) *gapTable {
	t := &gapTable{
		Title: "Which titles require much the same?", Sub: "Cosine between the criticality of what the two require everywhere; 1 is the same profile",
		Head: []string{"Title", "Likeness", "Competencies in common", "Of its own"},
		Foot: []footItem{{Text: "Definition", Link: definition("title-likeness")}, {Text: "Table: marts.requirements"}},
	}
	for _, x := range g.similar {
		t.Rows = append(t.Rows, []string{x.Name, r.numbers.fixed(x.Cosine, 3), r.numbers.count(x.Shared), r.numbers.count(x.Competencies)})
		t.Links = append(t.Links, r.gapsLink("title", x.TitleID))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	t.Title = g.similar[0].Name + " requires most nearly the same (" + r.numbers.fixed(g.similar[0].Cosine, 3) + ")"
	return t
}

// radarSeries are the kinds of raters of the radar, with their colours.
var radarSeries = []struct{ rule, name, color, line string }{
	{"manager", "Manager", "var(--series-1)", "solid"}, {"peers", "Peers", "var(--series-3)", "solid"}, {"self", "Self", "var(--series-4)", "solid"},
}

// radarPanel shows by whom a title is rated how, against what it requires.
func (r *request) radarPanel(g *gaps, name string) (*panel, string, error) {
	level := map[[2]string]*float64{}
	required := map[string]float64{}
	var ids []string
	for _, x := range g.levels {
		level[[2]string{x.Rule, x.CompetencyID}] = x.Level
		if _, seen := required[x.CompetencyID]; !seen && x.Required != nil {
			required[x.CompetencyID] = *x.Required
			ids = append(ids, x.CompetencyID)
		}
	}
	if len(ids) == 0 {
		return nil, "Too few people of this title here for their levels to be told.", nil
	}
	// a line is drawn where all its points are known: what managers rated enough people in comes first
	few := len(ids)
	rated := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return level[[2]string{"manager", id}] == nil })
	if len(rated) >= 3 {
		ids = rated
	}
	few -= len(ids)
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(g.name[a], g.name[b]) })
	if len(ids) > 12 {
		slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(required[b], required[a]), cmp.Compare(a, b)) })
		ids = ids[:12]
	}
	table := dataTable{Caption: "Levels by rater", Head: []string{"Competency", "Required", "Manager", "Peers", "Self"}}
	var indicator []any
	var needed []any
	values := map[string][]any{}
	missing := map[string]bool{}
	for _, id := range ids {
		indicator = append(indicator, map[string]any{"name": g.name[id], "max": 1, "min": 0})
		needed = append(needed, rounded(min(1, required[id])))
		line := []string{g.name[id], r.numbers.wholePercent(required[id])}
		for _, s := range radarSeries {
			l := level[[2]string{s.rule, id}]
			if l == nil {
				line = append(line, "few or none")
				missing[s.rule] = true
				continue
			}
			line = append(line, r.numbers.wholePercent(*l))
			values[s.rule] = append(values[s.rule], rounded(*l))
		}
		table.Rows, table.Links = append(table.Rows, line), append(table.Links, r.cellLink(g, g.title, id))
	}
	link := r.cellLink(g, g.title, "")
	data := []any{map[string]any{"name": "Required", "link": link, "value": needed, "lineStyle": map[string]any{"color": "var(--series-2)", "type": "dashed", "width": 2}, "itemStyle": map[string]any{"color": "var(--series-2)"}, "symbol": "none"}}
	shown := []string{"required (dashed)"}
	for _, s := range radarSeries {
		if missing[s.rule] {
			continue
		}
		shown = append(shown, lowered(s.name))
		data = append(data, map[string]any{"name": s.name, "link": link, "value": values[s.rule], "lineStyle": map[string]any{"color": s.color, "width": 2}, "itemStyle": map[string]any{"color": s.color}, "symbolSize": 5})
	}
	p := &panel{ID: "radar", Title: name + ": who finds what?", Sub: "Mean level as a share of the scale: " + list(shown)}
	var low []string
	for _, id := range ids {
		if l := level[[2]string{"manager", id}]; l != nil && *l < required[id]-.05 {
			low = append(low, lowered(g.name[id]))
		}
	}
	switch {
	case len(low) > 0 && len(low) <= 3:
		p.Title = name + ": on average managers find them below the level in " + list(low)
	case len(low) > 3:
		p.Title = name + ": on average managers find them below the level in " + inWords(len(low)) + " of " + inWords(len(ids)) + " competencies"
	case !missing["manager"]:
		p.Title = name + ": on average managers find them at the level, or nearly"
	}
	o, err := option(rawOption{
		"tooltip": map[string]any{"trigger": "item", "valueFormatter": "@value"},
		"legend":  map[string]any{"bottom": 0, "textStyle": map[string]any{"color": "var(--muted)"}, "icon": "roundRect", "itemHeight": 4},
		"radar": map[string]any{
			"indicator": indicator, "radius": "62%", "center": []string{"50%", "46%"}, "splitNumber": 4, "axisName": map[string]any{"color": "var(--ink)", "fontSize": 12},
			"splitLine": map[string]any{"lineStyle": map[string]any{"color": "var(--line)"}}, "axisLine": map[string]any{"lineStyle": map[string]any{"color": "var(--line)"}},
			"splitArea": map[string]any{"show": false},
		},
		"series": []any{map[string]any{"type": "radar", "data": data}},
	})
	if err != nil {
		return nil, "", err
	}
	p.Chart = &figure{ID: "chart-radar", Class: "chart tall", Title: p.Title, Option: o, Format: r.numbers.format(measure{suffix: thin + "%", factor: 100}), Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("self-manager")}, {Text: "Table: marts.gaps"}, {Text: "peers are told from three"}}
	if few > 0 {
		p.Foot = append(p.Foot, footItem{Text: "managers rated too few people in " + inWords(few) + " further ones of its competencies: not drawn"})
	}
	if missing["peers"] {
		p.Foot = append(p.Foot, footItem{Text: "peers are not drawn: too few people have three"})
	}
	return p, "", nil
}
