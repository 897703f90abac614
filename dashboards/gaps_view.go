package dashboards

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// gapsView is the data of templates/gaps.html.
type gapsView struct {
	Facts      []fact
	Rules      []choice
	Frameworks []choice
	Titles     []choice
	Goals      []choice
	Snapshots  []choice
	CSRF       string      // of the form that freezes what is shown now; "" for who may not
	Own        []ownFilter // the common filters, for the form of the page's own
	Missing    []string    // what lacks an input, and which
	Heat       *heatMap
	HeatTitle  string
	HeatFoot   []footItem
	Panels     []panel
	Title      *gapTitleView
	Courses    *gapTable
	CourseWhy  string
	Ready      *gapTable
	Hires      *gapTable
	Snapshot   *gapTable
	Scales     []gapScaleView
	Warnings   []string
	CanFreeze  bool
}

// An ownFilter is a parameter that a form carries along.
type ownFilter struct{ Name, Value string }

// A gapTable is a table with its finding.
type gapTable struct {
	Title, Sub string
	Head       []string
	Rows       [][]string
	Links      []string // of the first column
	Cells      cellLinks
	Foot       []footItem
}

// Link returns where the name of a row leads, or "".
func (t *gapTable) Link(row int) string {
	if row < len(t.Links) {
		return t.Links[row]
	}
	return ""
}

// A gapTitleView is one title: what it requires, who finds what, and what is alike.
type gapTitleView struct {
	Name    string
	Profile *gapTable
	Raters  *gapTable
	Similar *gapTable
	Radar   *panel
	Why     string // no radar
}

// A gapScaleView is a scale with what its points mean.
type gapScaleView struct {
	Name, Sub string
	Points    []gapPointView
}

// A gapPointView is a point of a scale.
type gapPointView struct{ Value, Label, Anchor string }

// gapsView lays out what the queries returned.
func (r *request) gapsView(g *gaps) (*gapsView, error) {
	v := &gapsView{
		Facts: r.gapFacts(g), Heat: r.heat(g), Courses: r.gapCourses(g), Ready: r.gapReady(g), Hires: r.gapHires(g),
		CSRF: r.freezes(), Snapshot: r.gapSnapshot(g), Scales: r.gapScales(g), Warnings: r.gapWarnings(g), Missing: r.gapMissing(g), HeatTitle: r.heatTitle(g),
	}
	r.gapChoices(g, v)
	v.HeatFoot = []footItem{
		{Text: "Definition", Link: definition("gap-index")},
		{Text: "coverage", Link: definition("competency-coverage")},
		{Text: "Table: marts.gaps"},
		{Text: "each cell leads to what it is made of"},
	}
	if total, ok := g.total(); ok {
		v.HeatFoot = append(v.HeatFoot, footItem{Text: "n = " + r.numbers.count(deref(total.Required)) + " people required, " + r.assessedWords(total)})
	}
	v.HeatFoot = append(v.HeatFoot, footItem{Text: "Data to " + day(r.asOf)})
	for _, draw := range []func(*gaps) (*panel, error){r.waterfallPanel, r.gapMonthsPanel, r.projectionPanel, r.coursePanel} {
		p, err := draw(g)
		if err != nil {
			return nil, err
		}
		if p != nil {
			v.Panels = append(v.Panels, *p)
		}
	}
	var err error
	v.Title, err = r.gapTitleView(g)
	return v, err
}

func (r *request) assessedWords(row gapRow) string {
	if row.Assessed == nil {
		return "few assessed"
	}
	return r.numbers.count(*row.Assessed) + " assessed"
}

// gapChoices fills the page's own form.
func (r *request) gapChoices(g *gaps, v *gapsView) {
	for _, x := range gapRules {
		id := x.id
		if id == gapRules[0].id {
			id = ""
		}
		v.Rules = append(v.Rules, choice{id, x.name, x.id == g.rule})
	}
	v.Frameworks = []choice{{"", "All frameworks", g.framework == ""}}
	seen := map[string]bool{}
	for _, k := range g.competencies {
		if id := deref(k.FrameworkID); id != "" && !seen[id] {
			seen[id] = true
			v.Frameworks = append(v.Frameworks, choice{id, cmp.Or(deref(k.FrameworkName), id), id == g.framework})
		}
	}
	for _, t := range g.titles {
		v.Titles = append(v.Titles, choice{t.TitleID, t.Name, t.TitleID == g.title})
	}
	asked := r.gapGoal(g)
	told := map[string]bool{}
	for _, s := range g.steps {
		if told[s.GoalID] {
			continue
		}
		told[s.GoalID] = true
		name, id := "the last 12 months", "last"
		if s.GoalID != "" {
			name, id = cmp.Or(deref(s.GoalName), s.GoalID), s.GoalID
		}
		v.Goals = append(v.Goals, choice{id, name, s.GoalID == asked})
	}
	for i, s := range g.snapshots {
		v.Snapshots = append(v.Snapshots, choice{s.Name, s.Name, s.Name == r.query["snapshot"] || r.query["snapshot"] == "" && i == 0})
	}
	for _, p := range strings.Split(r.filters.Query(), "&") {
		if name, value, ok := strings.Cut(p, "="); ok && name != "" {
			v.Own = append(v.Own, ownFilter{name, unescaped(value)})
		}
	}
}

// gapFacts are the numbers at the head of the page.
func (r *request) gapFacts(g *gaps) []fact {
	total, ok := g.total()
	index := fact{Term: "Gap index", Value: unknown, Sub: "nothing to compare", Link: definition("gap-index")}
	coverage := fact{Term: "Coverage", Value: unknown, Sub: "nobody is required anything", Link: definition("competency-coverage")}
	proficient := fact{Term: "At the level", Value: unknown, Sub: "nobody is assessed", Link: definition("proficient")}
	if ok {
		switch {
		case total.Index != nil:
			index.Value = r.numbers.wholePercent(*total.Index)
		case total.IsLow != nil && *total.IsLow:
			index.Value = "under " + r.numbers.wholePercent(.05)
		}
		index.Sub = "of the level required is missing, weighed, n = " + r.numbers.count(deref(total.AssessedPairs))
		if total.isUnassessed() {
			index.Sub = "nobody is assessed: load the stream assessment"
		}
		if total.Surplus != nil {
			index.Sub += "; surplus apart: " + r.numbers.wholePercent(*total.Surplus)
		}
		if c, known := total.coverage(); known {
			coverage.Value = r.numbers.wholePercent(c)
			coverage.Sub = r.numbers.count(*total.AssessedPairs) + " of " + r.numbers.count(*total.Pairs) + " required are assessed within 365 days"
		}
		if total.ProficientLow != nil && deref(total.AssessedPairs) > 0 && deref(total.Pairs) > 0 {
			n, all := float64(*total.AssessedPairs), float64(*total.Pairs)
			proficient.Value = r.shareRange(float64(*total.ProficientLow)/n, float64(deref(total.ProficientHigh))/n)
			proficient.Sub = "of what is assessed; at least " + r.numbers.wholePercent(float64(*total.ProficientLow)/all) + " of what is required"
		}
	}
	facts := []fact{index, coverage, proficient}
	mapped := fact{Term: "Titles mapped", Value: unknown, Sub: "no employee here", Link: definition("framework-mapping")}
	if len(g.mapped) > 0 && g.mapped[0].Employees != nil {
		m := g.mapped[0]
		mapped.Sub = "too few people to be told of have, or lack, a title that requires something"
		if m.Mapped != nil {
			mapped.Value = r.shareOf(*m.Mapped, *m.Employees)
			mapped.Sub = r.numbers.count(*m.Mapped) + " of " + r.numbers.count(*m.Employees) + " people have a title that requires something"
			if *m.Mapped > 0 && *m.Mapped < *m.Employees { // rounded down where titles of few people are among them
				mapped.Sub = "at least " + mapped.Sub
			}
		}
	}
	facts = append(facts, mapped, r.changesFact(g), r.readyFact(g), r.anchorsFact(g), r.selfFact(g))
	return facts
}

// shareOf writes a share so that some missing is never all.
func (r *request) shareOf(part, whole int64) string {
	if whole == 0 {
		return unknown
	}
	if part < whole && float64(part)/float64(whole) > .995 {
		return "over 99" + thin + "%"
	}
	return r.numbers.wholePercent(float64(part) / float64(whole))
}

// shareRange writes a share that may be known as a range only.
func (r *request) shareRange(low, high float64) string {
	l, h := r.numbers.wholePercent(low), r.numbers.wholePercent(high)
	if l == h {
		return l
	}
	return r.numbers.fixed(low*100, 0) + " to " + h
}

func (r *request) changesFact(g *gaps) fact {
	f := fact{Term: "Requirement changes", Value: unknown, Sub: "nothing is required yet", Link: definition("requirement-changes")}
	var all, fresh, changed, withdrawn int64
	for _, c := range g.changes {
		all, fresh, changed, withdrawn = all+c.Requirements, fresh+c.New, changed+c.Changed, withdrawn+c.Withdrawn
	}
	if all > 0 {
		f.Value = r.numbers.wholePercent(float64(fresh+changed+withdrawn) / float64(all))
		f.Sub = fmt.Sprintf("of %s in 12 months: %s new, %s changed, %s withdrawn", r.numbers.plural(all, "requirement"), r.numbers.count(fresh), r.numbers.count(changed), r.numbers.count(withdrawn))
	}
	return f
}

func (r *request) readyFact(g *gaps) fact {
	f := fact{Term: "Ready-now cover", Value: unknown, Sub: "no title is marked as critical", Link: definition("ready-now")}
	covered, told := 0, 0
	for _, t := range g.ready {
		if t.IsCovered != nil {
			told++
			if *t.IsCovered {
				covered++
			}
		}
	}
	if n := len(g.ready); n > 0 && told == 0 {
		f.Sub = "of none of " + r.numbers.plural(int64(n), "critical title") + " can it be told: too few people are assessed in all that one requires"
	} else if n > 0 {
		f.Value = fmt.Sprintf("%d of %d", covered, n)
		f.Sub = "critical titles have two people or more ready"
		if told < n {
			f.Sub += fmt.Sprintf("; of %d it cannot be told", n-told)
		}
	}
	return f
}

func (r *request) anchorsFact(g *gaps) fact {
	f := fact{Term: "Scale points with an anchor", Value: unknown, Sub: "no scale is loaded", Link: definition("scale-anchors")}
	var points, anchored int64
	frameworks := map[string]bool{}
	for _, s := range g.scales {
		points, anchored = points+deref(s.Points), anchored+deref(s.Anchored)
	}
	for _, k := range g.competencies {
		if k.FrameworkID != nil {
			frameworks[*k.FrameworkID] = true
		}
	}
	if points > 0 {
		f.Value = r.shareOf(anchored, points)
		f.Sub = fmt.Sprintf("%s of %s of %s, %s", r.numbers.count(anchored), r.numbers.plural(points, "point"), r.numbers.plural(int64(len(g.scales)), "scale"), r.numbers.plural(int64(len(frameworks)), "framework"))
	} else if len(g.scales) > 0 {
		f.Sub = "the stream scale_point is not loaded"
	}
	return f
}

func (r *request) selfFact(g *gaps) fact {
	f := fact{Term: "Self above manager", Value: unknown, Sub: "nobody is rated by both", Link: definition("self-manager")}
	for _, x := range g.raters {
		if x.TitleID == "" && x.Raters == "self|manager" {
			if x.Difference == nil {
				f.Sub = "fewer than three managers have rated"
				continue
			}
			f.Value = r.numbers.signed(*x.Difference*100, 0)
			f.Sub = "points of 100 of the scale, SD " + r.numbers.fixed(deref(x.SD)*100, 0) + ", n = " + r.numbers.count(deref(x.Pairs)) + "; no alarm alone"
		}
	}
	return f
}

// heatTitle says what the heat map shows.
func (r *request) heatTitle(g *gaps) string {
	var best gapRow
	found := false
	for _, row := range g.rows {
		if row.TitleID != "" && row.CompetencyID != "" && row.Index != nil && (!found || *row.Index > *best.Index) {
			best, found = row, true
		}
	}
	if !found {
		return "Where are people below what their title requires?"
	}
	return "The widest gap is that of " + lowered(g.titleName[best.TitleID]) + " in " + lowered(g.name[best.CompetencyID]) + ": " + r.numbers.wholePercent(*best.Index)
}

// gapWarnings are flaws of the requirements.
func (r *request) gapWarnings(g *gaps) []string {
	var off, none int64
	for _, t := range g.titles {
		off, none = off+t.OffScale, none+t.NoScale
	}
	var w []string
	if off > 0 {
		w = append(w, "Outside of its scale, where nobody can reach it, is the level that "+r.numbers.plural(off, "requirement")+" "+verb(off, "asks", "ask")+" for: “dials check” names them.")
	}
	if none > 0 {
		w = append(w, r.numbers.plural(none, "requirement")+" "+verb(none, "is", "are")+" of a competency without a scale and can be compared with nothing: load the stream scale.")
	}
	return w
}

// verb is the form of a verb that goes with n things.
func verb(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// gapMissing says which part of the page lacks which input.
func (r *request) gapMissing(g *gaps) []string {
	var m []string
	add := func(is bool, text string) {
		if is {
			m = append(m, text)
		}
	}
	goals := int64(0)
	for _, t := range g.titles {
		goals += t.OfGoals
	}
	add(len(g.titles) == 0, "Everything here lacks the stream requirement.")
	add(len(g.titles) > 0 && len(g.rows) == 0, "The heat map lacks people: no employee of HRIS has one of these titles. Load employment and job, with the titles' ids as job_title_id or through title_map.")
	total, known := g.total()
	add(known && total.isUnassessed(), "Levels lack the stream assessment: of nobody here is one known within a year, so that nothing is told of how far they are below, ahead or ready.")
	add(len(g.titles) > 0 && len(g.ready) == 0, "Ready-now cover lacks critical titles: is_critical of the stream job_title.")
	add(known && !total.isUnassessed() && len(g.raters) == 0, "Whether raters agree lacks people whom two of them rated: rater_type self, peer and manager of the stream assessment.")
	add(len(g.rows) > 0 && len(g.supply) == 0, "The projection lacks people at the level whose number may be told, and employment with its dates.")
	add(len(g.titles) > 0 && goals == 0, "The waterfall around an objective lacks requirements that name one: goal_id of the stream requirement.")
	add(len(g.courses) == 0 && len(g.taught) == 0, "Courses that close a gap lack the stream course_competency.")
	add(len(g.courses) == 0 && len(g.taught) > 0, "The effect of courses lacks people with a manager's rating before and after one.")
	add(len(g.demand) == 0 && len(g.supply) > 0, "Hires needed lack the stream workforce_plan.")
	add(len(g.snapshots) == 0, "The comparison with a frozen view lacks one: “dials snapshot NAME”, or the form below for who may, freezes what is shown now.")
	add(len(g.scales) > 0 && len(g.points) == 0, "Anchors lack the stream scale_point.")
	return m
}

// gapCourses lists the courses on what is furthest below, with what they did.
func (r *request) gapCourses(g *gaps) *gapTable {
	if len(g.taught) == 0 {
		return nil
	}
	effects := map[[2]string]gapCourseRow{}
	for _, c := range g.courses {
		effects[[2]string{c.CompetencyID, c.CourseID}] = c
	}
	order := slices.Clone(g.competencies)
	index := func(k gapCompetencyRow) float64 {
		row, _ := g.cell("", k.CompetencyID)
		return deref(row.Index)
	}
	slices.SortStableFunc(order, func(a, b gapCompetencyRow) int { return cmp.Compare(index(b), index(a)) })
	t := &gapTable{
		Cells: cellLinks{}, Title: "Which courses closed which gap so far?",
		Sub:  "Change of the manager's rating of those who completed the course, less that of people not yet trained on it who began at the same level in the same quarter; points of 100 of the scale, 95 % interval; called a rise where it stands out among all courses",
		Head: []string{"Competency", "Gap now", "Course", "Trained", "Not yet trained", "Change", "Theirs", "Effect", "What that says"},
		Foot: []footItem{
			{Text: "Definition", Link: definition("course-effect")},
			{Text: "Tables: marts.gap_courses, marts.competency_courses"},
			{Text: "whole company, whichever unit is asked for"},
			{Text: "design: regression with a constant per quarter and level, robust errors (“dials estimate --design ols”)"},
			{Text: "found afterwards: at most 3 of 6 on the evidence ladder", Link: definition("evidence")},
		},
	}
	for _, k := range order {
		for _, c := range g.taught {
			if c.CompetencyID != k.CompetencyID {
				continue
			}
			e, ok := effects[[2]string{c.CompetencyID, c.CourseID}]
			gap := "under " + r.numbers.wholePercent(.05)
			if row, found := g.cell("", k.CompetencyID); !found || row.Index == nil && (row.IsLow == nil || !*row.IsLow) {
				gap = unknown
			} else if row.Index != nil {
				gap = r.numbers.wholePercent(*row.Index)
			}
			line := []string{k.Name, gap, c.Name, unknown, unknown, unknown, unknown, unknown, "nobody was rated before and after it"}
			if ok {
				line = append([]string{k.Name, gap, c.Name}, r.courseWords(e)...)
			}
			t.Rows = append(t.Rows, line)
			t.Links = append(t.Links, r.cellLink(g, "", k.CompetencyID))
			for _, column := range []int{2, 3} {
				t.Cells[[2]int{len(t.Rows) - 1, column}] = r.doneLink(c.CourseID)
			}
		}
	}
	return t
}

// courseWords are the columns of a course's effect.
func (r *request) courseWords(e gapCourseRow) []string {
	count := func(n *int64) string {
		if n == nil {
			return "few"
		}
		return r.numbers.count(*n)
	}
	points := func(v *float64) string {
		if v == nil {
			return unknown
		}
		return r.numbers.signed(*v*100, 1)
	}
	out := []string{count(e.TrainedPeople), count(e.ComparedPeople), points(e.TrainedChange), points(e.ComparedChange), unknown, ""}
	switch {
	case !e.isTold():
		out[5] = "cannot tell: too few people to compare"
		return out
	case e.isClear() && *e.Effect > 0:
		out[5] = "was followed by a rise"
	case e.isClear():
		out[5] = "was followed by a fall"
	case e.MDE != nil:
		out[5] = "too weak to tell: it could have seen " + r.numbers.fixed(*e.MDE*100, 1) + " or more"
	default:
		out[5] = "too weak to tell"
	}
	out[4] = r.numbers.signed(*e.Effect*100, 1) + " (" + r.numbers.signed(*e.Low*100, 1) + " to " + r.numbers.signed(*e.High*100, 1) + ")"
	return out
}

// isTold: there are enough people on both sides for an interval to mean something.
func (e gapCourseRow) isTold() bool {
	return e.Effect != nil && e.Low != nil && e.High != nil && deref(e.Trained) >= 5 && deref(e.Compared) >= 10
}

// isClear: the effect stands out among those of all courses.
func (e gapCourseRow) isClear() bool {
	return e.isTold() && (*e.Low > 0 || *e.High < 0) && e.AdjustedP != nil && *e.AdjustedP <= .05
}
