package dashboards

// A knownView explains a number that was restated.
type knownView struct {
	Title, Sub string
	Table      dataTable
	Foot       []footItem
}

// knownView says what turnover was on the day asked for, what it is now, and what
// was recorded since.
func (r *request) knownView(s *staff) *knownView {
	if !r.mayKnow() {
		return nil
	}
	v := &knownView{Title: "What did we say before, and what do we know now?", Foot: []footItem{{Text: "Definition", Link: definition("as-known-on")}, {Text: "Table: marts.turnover_known"}, {Text: "visible to HR and finance"}}}
	if len(s.known) == 0 {
		v.Sub = "There is no day that early: days of reference are the first of each of the last 24 months, as far as a year of data lies before them."
		return v
	}
	v.Title = r.knownTitle(s.known[0])
	v.Sub = "Turnover of the whole company over the twelve months before each day, as known then and as known now. A record counts as known from the day that a trusted log of its source states, else from its load."
	v.Table = dataTable{Caption: "Turnover as known on a day", Head: []string{"As known on", "Twelve months to", "Then", "Now", "Late leavers", "Withdrawn leavers", "Late joiners"}}
	for i, k := range s.known {
		if i == 13 {
			break
		}
		v.Table.Rows = append(v.Table.Rows, []string{day(k.Known), month(k.Month), r.knownRate(k.Then, k), r.knownRate(k.Now, k), r.knownCount(k.Late, k), r.knownCount(k.Withdrawn, k), r.knownCount(k.Joiners, k)})
	}
	return v
}

func (r *request) knownRate(v *float64, k knownRow) string {
	switch {
	case k.IsHidden:
		return "hidden"
	case v == nil:
		return "within a few of now"
	}
	return r.numbers.percent(*v)
}

func (r *request) knownCount(v *float64, k knownRow) string {
	switch {
	case k.IsHidden:
		return "hidden"
	case v == nil:
		return "0 to 4"
	}
	return r.numbers.fixed(*v, 0)
}

// knownTitle says the difference in one sentence.
func (r *request) knownTitle(k knownRow) string {
	switch {
	case k.IsHidden || k.Now == nil:
		return "Turnover of this company may not be told by month"
	case k.IsSame:
		return "Turnover to " + month(k.Month) + " was " + r.numbers.percent(*k.Now) + " as known on " + day(k.Known) + ", and still is"
	case k.Then == nil:
		return "Turnover to " + month(k.Month) + " is " + r.numbers.percent(*k.Now) + "; fewer than 5 people make what was known on " + day(k.Known) + " different"
	}
	text := "Turnover to " + month(k.Month) + " was " + r.numbers.percent(*k.Then) + " as known on " + day(k.Known) + " and is " + r.numbers.percent(*k.Now) + " now"
	var why []string
	for _, x := range []struct {
		n    *float64
		noun string
	}{{k.Late, "late leaver"}, {k.Withdrawn, "withdrawn leaver"}, {k.Joiners, "late joiner"}} {
		if x.n != nil && *x.n > 0 {
			why = append(why, r.numbers.plural(int64(*x.n), x.noun))
		}
	}
	if len(why) > 0 {
		text += ": " + list(why) + " were recorded since"
	}
	return text
}
