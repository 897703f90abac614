package dashboards

import (
	"context"
	"math"
	"regexp"
	"strings"
	"time"

	"dials/queries"
)

// workforce is the page on whether these numbers can be trusted.
var workforce = page{
	Path: "/workforce", Name: "Workforce & data", Heading: "Workforce and data trust", Topics: []queries.Topic{queries.TopicWorkforce, queries.TopicTrust}, Shows: []queries.Topic{queries.TopicPay}, Template: "workforce.html",
	Filters: true, Params: []string{"by", "basis", "known_on"}, Load: loadWorkforce,
}

// A reconciliationRow is what the systems that count people say of one month.
// What is nil is under the floor, or would give such a number back.
type reconciliationRow struct {
	Month         time.Time `db:"month"`
	HRIS          int64     `db:"hris_heads"`
	Payroll       int64     `db:"payroll_heads"`
	LMS           *int64    `db:"lms_heads"`
	PaidOnly      *int64    `db:"paid_not_in_hris"`
	UnpaidOnly    *int64    `db:"in_hris_not_paid"`
	IsFew         bool      `db:"is_few"` // people in one of the two systems are too few to be told
	LMSUnknown    *int64    `db:"lms_not_in_hris"`
	IsUnknownFew  bool      `db:"is_unknown_few"`
	RetroLines    *int64    `db:"retro_lines"`
	OffCycleRuns  int64     `db:"off_cycle_runs"`
	IsWithin      *bool     `db:"is_within_tolerance"`
	PeopleCounted int64     `db:"people_n"`
}

// difference is how many more people payroll counts than HRIS, as a share.
func (r reconciliationRow) difference() (float64, bool) {
	if r.IsWithin == nil || r.HRIS == 0 {
		return 0, false
	}
	return finite(float64(r.Payroll)/float64(r.HRIS) - 1)
}

// A headcountRow is one month of the unit asked for.
type headcountRow struct {
	Month       time.Time `db:"month"`
	Heads       float64   `db:"heads"`
	FTE         *float64  `db:"fte"`
	Contractors *float64  `db:"contractors"`
	IsComplete  bool      `db:"is_complete"`
}

// An idMatchRow is how many ids of a source belong to a known person.
type idMatchRow struct {
	Source    string `db:"source"`
	System    string `db:"system"`
	IDs       int64  `db:"ids"`
	Unmatched *int64 `db:"unmatched_ids"`
	IsFew     bool   `db:"is_few"`
}

// An unmatchedRow is one reason for which ids match nobody.
type unmatchedRow struct {
	Source string `db:"source"`
	System string `db:"system"`
	Reason string `db:"reason"`
	IDs    *int64 `db:"ids"`
	IsFew  bool   `db:"is_few"`
}

// A rejectionRow is one reason for which rows were refused.
type rejectionRow struct {
	Source   string     `db:"source"`
	Stream   string     `db:"stream"`
	Column   *string    `db:"column_name"`
	Reason   string     `db:"reason"`
	Rows     int64      `db:"rows"`
	LastSeen *time.Time `db:"last_seen_at"`
}

// A runRow is one load of one stream.
type runRow struct {
	RunID     int64      `db:"run_id"`
	Source    string     `db:"source"`
	Stream    string     `db:"stream"`
	Started   time.Time  `db:"started_at"`
	Finished  *time.Time `db:"finished_at"`
	Status    string     `db:"status"`
	Read      int64      `db:"rows_read"`
	Inserted  int64      `db:"inserted"`
	Updated   int64      `db:"updated"`
	Unchanged int64      `db:"unchanged"`
	Rejected  int64      `db:"rejected"`
	Deleted   int64      `db:"deleted"`
	Warnings  *int64     `db:"warnings"`
	Error     *string    `db:"error"`
}

// trust is what the page's queries returned.
type trust struct {
	months     []reconciliationRow
	headcount  []headcountRow
	matches    []idMatchRow
	unmatched  []unmatchedRow
	rejections []rejectionRow
	runs       []runRow
	few        string // "fewer than 5"
}

func loadWorkforce(ctx context.Context, r *request) (*content, error) {
	var t trust
	var err error
	if t.months, err = read[reconciliationRow](ctx, r, "reconciliation"); err != nil {
		return nil, err
	}
	if t.headcount, err = read[headcountRow](ctx, r, "headcount"); err != nil {
		return nil, err
	}
	if t.matches, err = read[idMatchRow](ctx, r, "id_matches"); err != nil {
		return nil, err
	}
	if t.unmatched, err = read[unmatchedRow](ctx, r, "id_unmatched"); err != nil {
		return nil, err
	}
	if t.rejections, err = read[rejectionRow](ctx, r, "rejections"); err != nil {
		return nil, err
	}
	if t.runs, err = read[runRow](ctx, r, "runs"); err != nil {
		return nil, err
	}
	floors, err := r.marts.Floors(ctx)
	if err != nil {
		return nil, err
	}
	t.few = "fewer than " + r.numbers.count(floors.People)
	view, err := r.workforceView(&t)
	if err != nil {
		return nil, err
	}
	people, err := readStaff(ctx, r)
	if err != nil {
		return nil, err
	}
	if view.Staff, err = r.staffView(people); err != nil {
		return nil, err
	}
	return &content{Title: r.trustTitle(&t), Lead: r.trustLead(&t), Body: view}, nil
}

// latest is the last month that payroll and HRIS both cover.
func (t *trust) latest() (reconciliationRow, bool) {
	for i := len(t.months) - 1; i >= 0; i-- {
		if _, ok := t.months[i].difference(); ok {
			return t.months[i], true
		}
	}
	return reconciliationRow{}, false
}

// trustTitle answers: can I trust these numbers?
func (r *request) trustTitle(t *trust) string {
	stale := 0
	for _, s := range r.sources {
		if s.staleness(r.now, r.zone) != "" {
			stale++
		}
	}
	n := len(r.sources)
	fresh := "All " + inWords(n) + " sources are fresh"
	switch {
	case n == 0:
		return "No source has been loaded yet"
	case stale == n && n > 1:
		fresh = "None of the " + inWords(n) + " sources is fresh"
	case stale == 1 && n == 1:
		fresh = "The one source is not fresh"
	case n == 1:
		fresh = "The one source is fresh"
	case stale == 1:
		fresh = "One of " + inWords(n) + " sources is not fresh"
	case stale > 1:
		fresh = capital(inWords(stale)) + " of " + inWords(n) + " sources are not fresh"
	}
	m, ok := t.latest()
	if !ok {
		return fresh + "; payroll and HRIS have no month in common yet"
	}
	d, _ := m.difference()
	size := r.numbers.percent(math.Abs(d))
	switch {
	case !*m.IsWithin && stale > 0:
		return fresh + ", and payroll is " + size + " off the headcount of HRIS"
	case !*m.IsWithin:
		return fresh + ", but payroll is " + size + " off the headcount of HRIS"
	case stale > 0:
		return fresh + "; payroll and HRIS agree on headcount to " + size
	}
	return fresh + ", and payroll and HRIS agree on headcount to " + size
}

// trustLead qualifies the title in one line.
func (r *request) trustLead(t *trust) string {
	var read, rejected int64
	for _, s := range r.sources {
		read += deref(s.Rows)
		rejected += deref(s.Rejected)
	}
	var parts []string
	if read > 0 {
		words := "no row was rejected"
		if rejected > 0 {
			words = r.numbers.plural(rejected, "row") + " rejected, " + r.smallPercent(float64(rejected)/float64(read))
		}
		parts = append(parts, "The last loads read "+r.numbers.plural(read, "row")+": "+words+".")
	}
	var off []string
	for _, m := range t.months {
		if m.IsWithin != nil && !*m.IsWithin {
			off = append(off, month(m.Month))
		}
	}
	switch n := len(off); {
	case n > 3:
		parts = append(parts, "Payroll and HRIS disagree beyond the tolerance in "+inWords(n)+" months, last in "+off[n-1]+".")
	case n > 0:
		parts = append(parts, "Payroll and HRIS disagree beyond the tolerance in "+list(off)+".")
	}
	return strings.Join(parts, " ")
}

// smallPercent writes a small share so that some is never none: "under 0.1 %".
func (r *request) smallPercent(share float64) string {
	if share > 0 && share < 0.0005 {
		return "under " + r.numbers.fixed(0.1, 1) + thin + "%"
	}
	return r.numbers.percent(share)
}

var quoted = regexp.MustCompile(`"[^"]*"`)

// withoutValues takes out of an error what it quotes: values of source rows are
// the operator's alone.
func withoutValues(s string) string { return quoted.ReplaceAllString(s, "“…”") }
