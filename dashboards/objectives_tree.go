package dashboards

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// objectiveBranch is one objective with the branches right below it: what the tree
// of the page loads on demand, and a page of its own.
var objectiveBranch = page{
	Path: "/objectives/branch", Heading: "One objective", Topics: []queries.Topic{queries.TopicStrategy}, Template: "objective.html",
	Params: []string{"parent"}, Load: loadBranch,
}

// A branchRow is one objective of the tree.
type branchRow struct {
	ID         string     `db:"goal_id"`
	Name       string     `db:"name"`
	Level      string     `db:"level"`
	Period     *string    `db:"period"`
	State      string     `db:"state"`
	Start      *time.Time `db:"start_date"`
	Due        *time.Time `db:"due_date"`
	FirstDue   *time.Time `db:"first_due_date"`
	Finish     *time.Time `db:"finish_date"`
	Weight     float64    `db:"weight"`
	Progress   *float64   `db:"progress"`
	Expected   *float64   `db:"expected_progress"`
	Read       *time.Time `db:"reading_date"`
	Says       *string    `db:"owner_status"`
	Status     string     `db:"computed_status"`
	HasOwner   bool       `db:"has_owner"`
	Smart      int64      `db:"smart"`
	Children   int64      `db:"children"`
	Late       int64      `db:"late_children"`
	Rolled     int64      `db:"rolled_children"`
	Rollup     *float64   `db:"rollup_progress"`
	Effective  *float64   `db:"effective_progress"`
	People     *float64   `db:"people_progress"`
	PeopleTold bool       `db:"is_people_told"`
	Broken     *string    `db:"broken"`
	Stalled    bool       `db:"is_stalled"`
	Forecast   *time.Time `db:"forecast_date"`
	Low        *time.Time `db:"low_date"`
	High       *time.Time `db:"high_date"`
	OnTime     *float64   `db:"on_time"`
	Slip       *float64   `db:"slip_days"`
	Flagged    bool       `db:"is_flagged"`
	Reason     *string    `db:"reason"`
	IsOpen     bool       `db:"is_open"`
}

// branches reads the objectives right below one, or those on top.
func (r *request) branches(ctx context.Context, parent string) ([]branchRow, error) {
	return read[branchRow](ctx, r, "objective_branches", sql.Named("parent", parent))
}

// A treeNode is one objective as the tree shows it.
type treeNode struct {
	Name, Link, Level                  string
	Progress, Rollup, People, Expected string
	Value                              float64 // of the bar, 0 to 1
	HasValue, IsRollup                 bool
	Status, Class, Says, Forecast      string
	Notes                              []string
	Children                           int64
	More                               string // "12 branches, 3 late"
	Below                              []treeNode
}

func branchLink(id string) string { return "/objectives/branch?parent=" + queryEscape(id) }

// nodes lays out branches; below, where given, are those further down.
func (r *request) nodes(rows []branchRow, below map[string][]branchRow) []treeNode {
	var list []treeNode
	for _, b := range rows {
		n := r.node(b)
		n.Below = r.nodes(below[b.ID], nil)
		list = append(list, n)
	}
	return list
}

func (r *request) node(b branchRow) treeNode {
	n := treeNode{Name: b.Name, Link: branchLink(b.ID), Level: b.Level, Children: b.Children, Progress: unknown, Rollup: unknown}
	if b.Effective != nil {
		n.Value, n.HasValue, n.IsRollup = math.Min(math.Max(*b.Effective, 0), 1), true, b.Progress == nil
	}
	if b.Progress != nil {
		n.Progress = r.numbers.wholePercent(*b.Progress)
	}
	if b.Expected != nil && b.IsOpen {
		n.Expected = r.numbers.wholePercent(*b.Expected) + " expected"
	}
	if b.Rollup != nil {
		n.Rollup = r.numbers.wholePercent(*b.Rollup)
	}
	if b.PeopleTold && b.People != nil {
		n.People = "objectives of single people below: " + r.numbers.wholePercent(*b.People)
	}
	n.Status, n.Class = statusOf(b.Status, b.Flagged)
	if s := deref(b.Says); s != "" && b.IsOpen {
		n.Says = "owner: " + s
	}
	n.Forecast = r.forecastWords(b)
	if !b.HasOwner && b.IsOpen {
		n.Notes = append(n.Notes, "no owner")
	}
	if b.Stalled {
		n.Notes = append(n.Notes, "stalled")
	}
	if s := deref(b.Broken); s != "" {
		n.Notes = append(n.Notes, s)
	}
	if b.Children > 0 {
		n.More = r.numbers.plural(b.Children, "branch")
		if b.Children > 1 {
			n.More = r.numbers.count(b.Children) + " branches"
		}
		if b.Late > 0 {
			n.More += ", " + r.numbers.count(b.Late) + " behind or overdue"
		}
	}
	return n
}

// statusOf is a computed status with its colour; it is never told by that alone.
func statusOf(status string, isFlagged bool) (words, class string) {
	switch {
	case status == "overdue":
		return "▲ overdue", "bad"
	case status == "behind":
		return "▲ behind", "bad"
	case isFlagged:
		return "▲ will be late", "bad"
	case status == "on track", status == "reached", status == "done":
		return "● " + status, "good"
	}
	return "○ " + status, "quiet"
}

// forecastWords say when an objective will be done.
func (r *request) forecastWords(b branchRow) string {
	switch {
	case b.State == "done" && b.Finish != nil:
		words := "done " + day(*b.Finish)
		if b.FirstDue != nil && b.Finish.After(*b.FirstDue) {
			words += ", " + r.numbers.plural(int64(b.Finish.Sub(*b.FirstDue).Hours()/24), "day") + " late"
		}
		return words
	case b.Forecast != nil && b.Low != nil && b.High != nil:
		words := "due " + dayOr(b.FirstDue) + ", forecast " + day(*b.Forecast) + " (" + day(*b.Low) + " to " + day(*b.High) + ")"
		if b.Slip != nil && b.Flagged {
			words += ", " + r.slipWords(*b.Slip) + " late"
		}
		return words
	case !b.IsOpen:
		return ""
	}
	words := "due " + dayOr(b.FirstDue)
	if s := deref(b.Reason); s != "" {
		words += "; no forecast: " + s
	}
	return words
}

// A detailRow is what an objective has and lacks, and the cross-check of its forecast.
type detailRow struct {
	HasMetric   bool       `db:"has_metric"`
	HasBaseline bool       `db:"has_baseline"`
	HasTarget   bool       `db:"has_target"`
	HasDue      bool       `db:"has_due"`
	TheilSen    *time.Time `db:"theil_sen_date"`
	SPI         *float64   `db:"spi"`
	Metric      *string    `db:"metric_name"`
	AsOf        time.Time  `db:"as_of_date"`
	Curve       string     `db:"curve"`
}

// A readingRow is the progress of one day.
type readingRow struct {
	Day      time.Time `db:"as_of_date"`
	Progress float64   `db:"progress"`
	Says     *string   `db:"owner_status"`
}

// A branchView is the data of templates/objective.html.
type branchView struct {
	Up    []treeNode // from the top down
	Facts []fact
	Sum   string // the roll-up, in numbers
	Nodes []treeNode
	Chart *panel
	Foot  []footItem
}

func loadBranch(ctx context.Context, r *request) (*content, error) {
	parent := r.query["parent"]
	path, err := read[branchRow](ctx, r, "objective_path", sql.Named("parent", parent))
	if err != nil {
		return nil, err
	}
	if len(path) == 0 {
		return nil, fiber.NewError(fiber.StatusNotFound, "parent: there is no such objective of a unit, or it is not open to you")
	}
	details, err := read[detailRow](ctx, r, "objective_detail", sql.Named("parent", parent))
	if err != nil {
		return nil, err
	}
	rows, err := r.branches(ctx, parent)
	if err != nil {
		return nil, err
	}
	readings, err := read[readingRow](ctx, r, "objective_readings", sql.Named("parent", parent))
	if err != nil {
		return nil, err
	}
	me, detail := path[0], details[0]
	v := &branchView{Facts: r.branchFacts(me, detail), Nodes: r.nodes(rows, nil), Sum: r.rollupSum(me, rows)}
	for i := len(path) - 1; i > 0; i-- {
		v.Up = append(v.Up, r.node(path[i]))
	}
	if v.Chart, err = r.readingPanel(me, detail, readings); err != nil {
		return nil, err
	}
	v.Foot = []footItem{{Text: "Definitions", Link: definition("objective-progress")}, {Text: "Tables: marts.objectives, marts.objective_readings"}, {Text: "Data to " + day(detail.AsOf)}}
	status, _ := statusOf(me.Status, me.Flagged)
	_, status, _ = strings.Cut(status, " ")
	return &content{Title: me.Name + ": " + status, Lead: r.forecastWords(me), Body: v}, nil
}

// rollupSum writes Σ weight × progress ÷ Σ weight over the branches.
func (r *request) rollupSum(me branchRow, rows []branchRow) string {
	if me.Rollup == nil {
		return ""
	}
	var top, bottom float64
	n := 0
	for _, b := range rows {
		if b.Effective != nil && (b.State == "open" || b.State == "overdue" || b.State == "done") {
			top += b.Weight * *b.Effective
			bottom += b.Weight
			n++
		}
	}
	if int64(n) != me.Rolled { // not all of them are shown
		return fmt.Sprintf("Roll-up: %s over %s.", r.numbers.percent(*me.Rollup), r.numbers.plural(me.Rolled, "branch with progress"))
	}
	return fmt.Sprintf("Roll-up: Σ weight × progress ÷ Σ weight = %s ÷ %s = %s, over %d of %s with progress.",
		r.numbers.fixed(top, 2), r.numbers.fixed(bottom, 0), r.numbers.percent(*me.Rollup), n, r.numbers.count(me.Children))
}

// branchFacts are the numbers of one objective.
func (r *request) branchFacts(p branchRow, d detailRow) []fact {
	n := r.node(p)
	facts := []fact{
		{"Progress", n.Progress, n.Expected, definition("objective-progress")},
		{"Roll-up", n.Rollup, "of " + r.numbers.count(p.Rolled) + " branches with progress", definition("objective-rollup")},
		{"On time", unknown, deref(p.Reason), definition("objective-forecast")},
		{"SMART", fmt.Sprintf("%d/5", p.Smart), "", definition("objective-smart")},
	}
	if p.Expected == nil {
		facts[0].Sub = "no reading of a goal with baseline and target"
	}
	if p.OnTime != nil {
		facts[2].Value, facts[2].Sub = r.numbers.wholePercent(*p.OnTime), "probability of being done by "+dayOr(p.FirstDue)
		if d.TheilSen != nil {
			facts[2].Sub += "; at the pace of the last six readings " + day(*d.TheilSen)
		}
	}
	if p.FirstDue != nil && p.Due != nil && !p.FirstDue.Equal(*p.Due) {
		facts[2].Sub += "; the date was moved to " + day(*p.Due)
	}
	var missing []string
	for _, m := range []struct {
		has  bool
		name string
	}{{p.HasOwner, "owner"}, {d.HasMetric, "dial"}, {d.HasBaseline, "baseline"}, {d.HasTarget, "target"}, {d.HasDue, "due date"}} {
		if !m.has {
			missing = append(missing, m.name)
		}
	}
	facts[3].Sub = "complete"
	if missing != nil {
		facts[3].Sub = "lacks " + list(missing)
	}
	return facts
}
