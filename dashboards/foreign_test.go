package dashboards

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dials/warehouse"
)

// Names as companies give them: of any script, plural, with capitals of their own.
func TestNamesWithinSentences(t *testing.T) {
	for name, want := range map[string][2]string{
		"":                            {"", ""},
		"Selling":                     {"selling", "Selling"},
		"SQL":                         {"SQL", "SQL"},
		"Überzeugen":                  {"überzeugen", "Überzeugen"},
		"ölmessung":                   {"ölmessung", "Ölmessung"},
		"Judgment and Decision":       {"Judgment and Decision", "Judgment and Decision"},
		"品質管理":                        {"品質管理", "品質管理"},
		"التواصل":                     {"التواصل", "التواصل"},
		"Понимание клиента":           {"понимание клиента", "Понимание клиента"},
		"\xff broken":                 {"\xff broken", "\xff broken"},
		"X":                           {"x", "X"},
		"Welcome to Larkfield":        {"Welcome to Larkfield", "Welcome to Larkfield"},
		"Consultative selling by all": {"consultative selling by all", "Consultative selling by all"},
	} {
		if got := [2]string{lowerFirst(name), capital(name)}; got != want {
			t.Errorf("%q is written %q, want %q", name, got, want)
		}
	}
}

// says asks for a page of the fixture after some statements, and compares what it says.
func says(t *testing.T, w *warehouse.Warehouse, path string, change, wants, never []string) {
	t.Helper()
	if err := fill(w, change); err != nil {
		t.Fatal(err)
	}
	_, body := answer(t, serve(t, w, fixtureCompany), path)
	words := text(body)
	for _, want := range wants {
		if !strings.Contains(words, want) && !strings.Contains(body, want) {
			t.Errorf("%s does not say %q: %s", path, want, words)
		}
	}
	for _, not := range never {
		if strings.Contains(words, not) {
			t.Errorf("%s says %q", path, not)
		}
	}
}

// A page claims no more than was computed: what may not be told is not called good, a count that is told as
// none is not called none, and a sentence names whom it means.
func TestGapsClaimNoMore(t *testing.T) {
	w := gapWarehouse(t)
	says(t, w, "/gaps", nil, []string{
		"in 2 cells; the number is of people whose level is not known, 40 in all", "at least 60 of 70 people", "hires are needed within 12 months",
		"Clerk: on average managers find them below the level in selling and tidying",
	}, []string{"most of them", "clerks", "80 in all"})
	says(t, w, "/gaps", []string{
		"update marts.ready_titles set is_covered = null, can_tell = false",
		"update marts.gap_supply set exits = 0 where month = (select max(month) from marts.gap_supply)",
		"update marts.gap_waterfall set amount = 0.25, pairs = 1 where step = 'open'", "update marts.gap_waterfall set amount = 0.75 where step = 'close'",
		"update marts.gap_waterfall set amount = 0.5 where step = 'assessed'", "delete from marts.gap_waterfall where step not in ('open', 'close', 'assessed')",
		"update marts.requirements set job_title_name = 'Änderungsmanagerin' where job_title_id = 'clerk'",
	}, []string{
		"Of no critical title it can be told whether two people are ready", "of none of 1 critical title can it be told",
		"Known gaps grew from 0.25 to 0.75 points", "most by “newly assessed”: that is what we know, not what people can",
		"Änderungsmanagerin: on average managers find them",
	}, []string{"0 of 1 critical", "\ufffd"})
	says(t, w, "/gaps", []string{"update marts.gaps set gap_index = null, is_index_low = null, is_found_hidden = true"}, []string{
		"Of no competency it can be told how far people are below what is required",
	}, []string{"is clearly below"})
}

// Where no source dates an assignment, nothing is said of what was assigned in a period.
func TestLearningUndated(t *testing.T) {
	says(t, learningWarehouse(t), "/learning", []string{"update marts.learning_tree set items_done = items where step = 'first-seen'"}, []string{
		"When anything was assigned is stated nowhere", "no source says when anything was assigned", "How far did the attempts come whose assignment nobody dates?",
	}, []string{"Of what was assigned in", "of what was assigned is completed", "Assigned in FY"})
}

// The words of a company for what its courses are for are its own, and an interval that holds both too little and
// too much says nothing.
func TestInvestmentOwnWords(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	says(t, w, "/investment", append(append(company(), spentOn()...),
		"update marts.investment_tree set value = 'Pflicht' where value = 'compliance'",
		"update marts.investment_tree set value = '(not stated)' where what = 'modality'",
		"update marts.investment_tree set hours = 26000, square = 30000000 where attribute_value = 'yes'",
		"update marts.investment_tree set hours = 7000, square = 9000000 where attribute_value = 'no'",
	), []string{
		"The largest part of hours, 67\u202f%, is “skill”", "Of 100\u202f% of hours it is not stated: map modality of the stream course",
		"it cannot be told whether the front line gets its share", "Whether the front line gets its share of hours cannot be told",
	}, []string{"hours are for compliance", "hours are in class"})
}

// A bar may go below zero, and two units may have one name.
func TestBarChart(t *testing.T) {
	o, err := option(barChart([]bar{{Name: "Team", Text: "−3", Value: -3, Low: -5, High: -1}, {Name: "Team", Text: "+2", Value: 2, Low: 1, High: 3}, {Name: strings.Repeat("w", 60), Text: "1", Value: 1}}, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"min":-6`, `"coord":[-5,2]`, `"coord":[1,1]`, strings.Repeat("w", 35) + "…"} {
		if !strings.Contains(string(o), want) {
			t.Errorf("the chart lacks %s: %s", want, o)
		}
	}
}

// Of more competencies than a heat map has room for, those of the title that is asked for come first.
func TestHeatOfManyCompetencies(t *testing.T) {
	g := &gaps{title: "clerk", isAsked: true}
	gap := .9
	add := func(title, competency string, index *float64) {
		g.rows = append(g.rows, gapRow{TitleID: title, CompetencyID: competency, Index: index})
	}
	for i := range 40 {
		id := fmt.Sprintf("k%02d", i)
		g.competencies = append(g.competencies, gapCompetencyRow{CompetencyID: id, Name: id})
		add("", id, &gap)
	}
	small := .06
	g.rows[37].Index = &small
	add("clerk", "k37", &small)
	if shown, left := g.heatCompetencies(); left != 16 || !slices.ContainsFunc(shown, func(k gapCompetencyRow) bool { return k.CompetencyID == "k37" }) {
		t.Errorf("%d are left out of %v", left, shown)
	}
}

// Names of lines that end near each other stand apart.
func TestNamesOfLines(t *testing.T) {
	line := func(values ...float64) *lineData {
		l := series()
		for _, v := range values {
			l.add(number{v, true})
		}
		return l
	}
	near := []*lineData{line(90, 77), line(90, 76)}
	far := []*lineData{line(90, 77), line(90, 20), series()}
	for i, want := range []int{-7, 7} {
		if got := apart(i, near); got != want {
			t.Errorf("line %d is moved by %d, want %d", i, got, want)
		}
	}
	for i := range far {
		if got := apart(i, far); got != 0 {
			t.Errorf("line %d is moved by %d, want 0", i, got)
		}
	}
}
