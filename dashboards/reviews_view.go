package dashboards

import (
	"strings"

	"dials/queries"
)

// reviewsView is the data of templates/reviews.html.
type reviewsView struct {
	Facts     []fact
	Note      string
	Unit, Org string
	By        []choice
	Funnel    *panel
	Panels    []panel
	Years     *dataTable
	Units     *dataTable
	Trained   *trainedView
	Leniency  string // where it is, for those who may see it
	Missing   []string
}

// A trainedView is what is said of managers' training (R68).
type trainedView struct {
	Title string
	Table dataTable
	Words string
	Foot  []footItem
}

func (r *request) reviewsView(v *reviews) (*reviewsView, error) {
	by, err := r.chosen("by", noBy, byTitle, byPlace)
	if err != nil {
		return nil, err
	}
	view := &reviewsView{Facts: r.reviewFacts(v), Unit: r.filters.Unit, By: []choice{{noBy, "nothing further", by == noBy}, {byTitle, "job title", by == byTitle}, {byPlace, "place of work", by == byPlace}}}
	if r.filters.AsNow {
		view.Org = "now"
	}
	if at, ok := v.year(); ok {
		row, _ := v.find("held", at)
		view.Note = "Years are fiscal years of the due date, the latest with reviews due is " + r.yearName(row) + "; the filters Period and As of do not change them."
	}
	if view.Funnel, err = r.reviewFunnel(v); err != nil {
		return nil, err
	}
	for _, draw := range []func(*reviews) (*panel, error){
		r.ratingsPanel, r.risesPanel, r.recognitionPanel, r.notedPanel,
		func(v *reviews) (*panel, error) { return r.heldByPanel(v, by) },
	} {
		p, err := draw(v)
		if err != nil {
			return nil, err
		}
		if p != nil {
			view.Panels = append(view.Panels, *p)
		}
	}
	view.Years, view.Units, view.Trained = r.reviewYears(v), r.reviewUnits(v), r.trainedView(v)
	if policy := r.reader.Policy; policy.May(queries.TopicWorkforce, queries.Person) && !policy.IsOff("leniency") && r.has("/reviews/leniency") {
		view.Leniency = "/reviews/leniency"
	}
	view.Missing = v.missing()
	return view, nil
}

// missing names what a part of the page lacks.
func (v *reviews) missing() []string {
	var list []string
	for _, x := range [][2]string{
		{"held", "Reviews: load review_cycle and review"},
		{"done on time", "Follow-up: load action, with a review and a due date"},
		{"passed", "Reviews of reviews: load review_check"},
		{"backed||1", "Check-ins behind reviews: load checkin"},
		{"tied", "Plan items tied to gaps: load assessment by managers, requirement and plan_item"},
		{"quality", "Quality by asking people: load survey_result of a survey whose id or item names a review, an appraisal or a talk"},
		{"noted", "Notes and recognition: load review_note"},
		{"rating", "Ratings: load review with rating and scale_id, and scale"},
		{"trained", "Managers trained: load review with reviewer_id, and enrolment in courses of purpose leadership"},
	} {
		if len(v.months(x[0])) == 0 {
			list = append(list, x[1])
		}
	}
	return list
}

// reviewFacts are the numbers at the head of the page.
func (r *request) reviewFacts(v *reviews) []fact {
	var facts []fact
	at, ok := v.year()
	if !ok {
		return nil
	}
	add := func(term, link, measure, of string) {
		f := fact{Term: term, Value: unknown, Sub: "not known, or of too few people", Link: definition(link)}
		row, ok := v.find(measure, at)
		if !ok || measure == "noted" {
			row, ok = v.last(measure)
		}
		if q := row.rate(); ok && q.Known {
			f.Value, f.Sub = r.numbers.wholePercent(q.Value), r.numbers.fixed(*row.Amount, 0)+" of "+r.numbers.fixed(*row.Base, 0)+" "+of
		}
		facts = append(facts, f)
	}
	add("Held on time", "reviews-held", "on time", "reviews due")
	since := fact{Term: "Days since the last review", Value: unknown, Sub: "of 20 people or more", Link: definition("days-since-review")}
	if row, ok := v.last("since"); ok && row.Median != nil && row.P90 != nil {
		since.Value = r.numbers.fixed(*row.Median, 0)
		since.Sub = "median; 90" + thin + "% under " + r.numbers.fixed(*row.P90, 0) + ", n = " + r.numbers.count(deref(row.People))
		if w, ok := v.last("without"); ok && w.rate().Known {
			since.Sub += "; " + r.numbers.percent(w.rate().Value) + " of those here for a year had none in it"
		}
	}
	facts = append(facts, since)
	add("Actions done on time", "review-actions", "done on time", "actions due")
	add("Checked by another manager", "review-checks", "checked", "reviews held")
	add("Checks passed", "review-checks", "passed", "checks")
	add("Backed by 3 check-ins", "review-backing", "backed||3", "reviews held")
	add("Gaps with a plan item", "review-gaps", "tied", "reviews with a gap")
	add("Face to face", "face-to-face", "face to face", "completed reviews")
	quality := fact{Term: "Quality, by those reviewed", Value: unknown, Sub: "nobody was asked, or too few", Link: definition("review-quality")}
	if row, ok := v.last("quality"); ok && row.rate().Known {
		quality.Value, quality.Sub = r.numbers.fixed(row.rate().Value, 2), "mean of "+r.numbers.fixed(*row.Base, 0)+" answers, "+month(row.Month)
		if asked, ok := v.find("response", row.Month); ok && asked.rate().Known {
			quality.Sub += "; " + r.numbers.wholePercent(asked.rate().Value) + " of those asked"
		}
	}
	facts = append(facts, quality)
	add("Managers trained before", "managers-trained", "trained", "managers")
	add("Noted between reviews", "review-notes", "noted", "people reviewed, last quarter")
	recognition := fact{Term: "Recognition a head", Value: unknown, Sub: "notes in a quarter", Link: definition("recognition")}
	if row, ok := v.last("recognition"); ok && row.rate().Known {
		recognition.Value = r.numbers.fixed(row.rate().Value, 2)
		recognition.Sub = r.numbers.fixed(*row.Amount, 0) + " notes for " + r.numbers.fixed(*row.Base, 0) + " people, quarter to " + month(row.Month)
	}
	return append(facts, recognition)
}

// reviewYears is each fiscal year of reviews in one row.
func (r *request) reviewYears(v *reviews) *dataTable {
	years := v.months("held")
	if len(years) == 0 {
		return nil
	}
	t := &dataTable{Caption: "Reviews by fiscal year", Head: []string{
		"Due in", "Due", "Held", "On time", "Median days late", "Signed", "Actions agreed", "Actions done", "Done on time", "Checked", "Passed", "Gap and plan item", "Face to face",
	}}
	for _, at := range years {
		held, _ := v.find("held", at)
		signed, _ := v.find("signed", at)
		late := unknown
		if signed.Median != nil {
			late = r.numbers.fixed(*signed.Median, 0)
		}
		line := []string{r.yearName(held), r.toldOf(held.Base, 0)}
		for _, measure := range []string{"held", "on time", "", "signed", "agreed", "done", "done on time", "checked", "passed", "tied", "face to face"} {
			if measure == "" {
				line = append(line, late)
				continue
			}
			row, _ := v.find(measure, at)
			line = append(line, r.percentTold(row.rate()))
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// reviewUnits compares the units below the one asked for.
func (r *request) reviewUnits(v *reviews) *dataTable {
	t := &dataTable{Caption: "Reviews by unit", Head: []string{"Unit", "Held", "On time", "Actions done on time", "Median days since", "Recognition a head and quarter"}}
	found := map[string]map[string]reviewUnitRow{}
	var order []string
	for _, u := range v.units {
		if found[u.UnitID] == nil {
			found[u.UnitID] = map[string]reviewUnitRow{}
			order = append(order, u.UnitID)
		}
		found[u.UnitID][u.Measure] = u
	}
	for _, id := range order {
		m := found[id]
		name := ""
		cell := func(measure string, write func(reviewUnitRow) string) string {
			u, ok := m[measure]
			if !ok || u.IsHidden || u.People == nil {
				return "hidden"
			}
			return write(u)
		}
		share := func(u reviewUnitRow) string { return r.percentTold(quotient(u.Amount, u.Base)) }
		for _, u := range m {
			name = u.Name
		}
		t.Rows = append(t.Rows, []string{
			name, cell("held", share), cell("on time", share), cell("done on time", share),
			cell("since", func(u reviewUnitRow) string {
				if u.Median == nil {
					return "under 20 people"
				}
				return r.numbers.fixed(*u.Median, 0)
			}),
			cell("recognition", func(u reviewUnitRow) string {
				q := quotient(u.Amount, u.Base)
				if !q.Known {
					return unknown
				}
				return r.numbers.fixed(q.Value, 2)
			}),
		})
		f := r.filters
		f.Unit = id
		t.Links = append(t.Links, address("/reviews", f))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// trainedView compares managers who were trained between two years with those who
// were not, as the impact engine estimated it.
func (r *request) trainedView(v *reviews) *trainedView {
	at, ok := v.year()
	if !ok {
		return nil
	}
	t := &trainedView{Title: "Do managers who were trained to review hold and follow up reviews better?", Foot: []footItem{
		{Text: "Definition", Link: definition("managers-trained")},
		{Text: "Tables: marts.review_training (whole company), marts.reviews_tree"},
		{Text: "found afterwards: at most 3 of 6 on the evidence ladder", Link: definition("evidence")},
	}}
	t.Table = dataTable{Caption: "Managers who reviewed in two years running", Head: []string{"Managers", "n", "Held on time before", "after", "Actions on time before", "after"}}
	for _, group := range []string{"trained between", "trained before", "not trained"} {
		before, ok := v.find(group+"||on time before", at)
		if !ok {
			continue
		}
		cell := func(name string) string {
			row, _ := v.find(group+"||"+name, at)
			return r.percentTold(row.rate())
		}
		t.Table.Rows = append(t.Table.Rows, []string{capital(strings.Replace(group, "between", "between the two years", 1)), r.numbers.count(deref(before.People)), cell("on time before"), cell("on time after"), cell("actions before"), cell("actions after")})
	}
	for _, e := range v.training {
		t.Words += r.trainingWords(e)
	}
	if t.Words == "" {
		t.Words = "There is no comparison: it takes five managers and more who were trained between two years of reviews, and as many who were not."
		return t
	}
	t.Words += "Managers chose the training or were sent: even a clear difference may have other causes. A registered tactic with a comparison group can tell more, on the page Impact."
	return t
}

// trainingWords says what followed managers' training in one measure, in the words of the ladder.
func (r *request) trainingWords(e trainingRow) string {
	if e.Effect == nil || e.Low == nil || e.High == nil {
		return ""
	}
	points := func(x float64) string { return r.numbers.signed(x*100, 1) }
	what := map[string]string{"on time": "reviews held on time", "followed up": "actions done on time"}[e.Measure]
	text := "The share of " + what + " changed by " + points(*e.Effect) + " points more (" + points(*e.Low) + " to " + points(*e.High) + ", 95" + thin + "%) among " +
		r.numbers.plural(deref(e.Trained), "manager-year") + " with a training since the year before than among " + r.numbers.plural(deref(e.Compared), "manager-year") + " without, begun at the same level: "
	switch {
	case *e.Low > 0:
		return text + "the training was followed by a rise. "
	case *e.High < 0:
		return text + "the training was followed by a fall. "
	case e.MDE != nil:
		return text + "too weak to tell; it could have seen " + r.numbers.fixed(*e.MDE*100, 1) + " or more. "
	}
	return text + "too weak to tell. "
}
