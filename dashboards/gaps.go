package dashboards

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// competencyGaps is the page on where people are not yet able to do what the
// strategy needs, and on how much of that is not known.
var competencyGaps = page{
	Path: "/gaps", Name: "Gaps", Heading: "Competency gaps", Topics: []queries.Topic{queries.TopicCompetency}, Template: "gaps.html", Filters: true,
	Params: gapParams(), Load: loadGaps,
}

// gapParams are the page's own parameters.
func gapParams() []string {
	return []string{"rule", "framework", "title", "with", "competency", "goal", "snapshot"}
}

// gapRules are the ways to find a person's level, the stated one first.
var gapRules = []struct{ id, name, says string }{
	{"stated", "Stated rule", "the latest manager's rating, else the mean of three peers or more; one's own rating closes no gap"},
	{"manager", "Manager, latest", "the latest manager's rating alone"},
	{"peers", "Peers' mean", "the mean of three peers or more"},
	{"self", "Self", "one's own rating, which closes no gap elsewhere on this page"},
}

// A gapRow is one title and competency, ” being all, in the unit asked for.
type gapRow struct {
	Month          time.Time `db:"month"`
	TitleID        string    `db:"job_title_id"`
	CompetencyID   string    `db:"competency_id"`
	Required       *int64    `db:"required_n"`
	Pairs          *int64    `db:"pairs"`
	Assessed       *int64    `db:"assessed_n"`
	AssessedPairs  *int64    `db:"assessed_pairs"`
	Index          *float64  `db:"gap_index"`
	IsLow          *bool     `db:"is_index_low"`
	Surplus        *float64  `db:"surplus_index"`
	ProficientLow  *int64    `db:"proficient_low"`
	ProficientHigh *int64    `db:"proficient_high"`
	Level          *float64  `db:"level_share"`
	RequiredShare  *float64  `db:"required_share"`
	IsFoundHidden  bool      `db:"is_found_hidden"`
}

// isUnassessed reports whether the level of nobody is known.
func (g gapRow) isUnassessed() bool { return g.Assessed != nil && *g.Assessed == 0 }

// coverage is the share of pairs that are assessed.
func (g gapRow) coverage() (float64, bool) {
	if g.Pairs == nil || g.AssessedPairs == nil || *g.Pairs == 0 {
		return 0, false
	}
	return float64(*g.AssessedPairs) / float64(*g.Pairs), true
}

// A gapMonthRow is all of a unit on one reference month.
type gapMonthRow struct {
	Month          time.Time `db:"month"`
	Required       *int64    `db:"required_n"`
	Pairs          *int64    `db:"pairs"`
	AssessedPairs  *int64    `db:"assessed_pairs"`
	Index          *float64  `db:"gap_index"`
	IsLow          *bool     `db:"is_index_low"`
	ProficientLow  *int64    `db:"proficient_low"`
	ProficientHigh *int64    `db:"proficient_high"`
}

// A gapTitleRow is a title that something is required of.
type gapTitleRow struct {
	TitleID      string  `db:"job_title_id"`
	Name         string  `db:"name"`
	Family       *string `db:"family"`
	IsCritical   bool    `db:"is_critical"`
	Competencies int64   `db:"competencies"`
	Requirements int64   `db:"requirements"`
	OffScale     int64   `db:"off_scale"`
	NoScale      int64   `db:"no_scale"`
	OfGoals      int64   `db:"of_goals"`
}

// A gapCompetencyRow is a competency that is required.
type gapCompetencyRow struct {
	CompetencyID  string  `db:"competency_id"`
	Name          string  `db:"name"`
	FrameworkID   *string `db:"framework_id"`
	FrameworkName *string `db:"framework_name"`
	Titles        int64   `db:"titles"`
	Requirements  int64   `db:"requirements"`
}

// A gapGridRow is a title that requires a competency.
type gapGridRow struct {
	TitleID       string   `db:"job_title_id"`
	CompetencyID  string   `db:"competency_id"`
	Weight        *float64 `db:"weight"`
	RequiredShare *float64 `db:"required_share"`
}

// gaps is what the page's queries returned.
type gaps struct {
	rule         string
	title        string // asked for; "" is all
	framework    string
	isAsked      bool // for the title
	rows         []gapRow
	months       []gapMonthRow
	titles       []gapTitleRow
	competencies []gapCompetencyRow
	grid         []gapGridRow
	titleName    map[string]string
	name         map[string]string // of competencies

	steps     []gapStepRow
	mapped    []gapMappedRow
	changes   []gapChangeRow
	raters    []gapRaterRow
	levels    []gapLevelRow
	profile   []gapProfileRow
	similar   []gapSimilarRow
	courses   []gapCourseRow
	taught    []gapTaughtRow
	ready     []gapReadyRow
	supply    []gapSupplyRow
	demand    []gapDemandRow
	scales    []gapScaleRow
	points    []gapPointRow
	snapshots []gapSnapshotRow
	frozen    []gapRowFrozen
}

func loadGaps(ctx context.Context, r *request) (*content, error) {
	g, err := readGaps(ctx, r)
	if err != nil {
		return nil, err
	}
	view, err := r.gapsView(g)
	if err != nil {
		return nil, err
	}
	return &content{Title: r.gapsTitle(g), Lead: r.gapsLead(g), Body: view}, nil
}

// gapsAsked checks the page's own parameters.
func gapsAsked(query map[string]string) (*gaps, error) {
	g := &gaps{rule: query["rule"], title: query["title"], framework: query["framework"], isAsked: query["title"] != ""}
	if g.rule == "" {
		g.rule = gapRules[0].id
	}
	if !slices.ContainsFunc(gapRules, func(x struct{ id, name, says string }) bool { return x.id == g.rule }) {
		return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("rule: %q is not one of stated, manager, peers, self", g.rule))
	}
	for _, name := range gapParams() {
		if len(query[name]) > 200 || strings.ContainsRune(query[name], 31) {
			return nil, fiber.NewError(fiber.StatusBadRequest, name+": longer than 200 characters, or not a text")
		}
	}
	return g, nil
}

func readGaps(ctx context.Context, r *request) (*gaps, error) {
	g, err := gapsAsked(r.query)
	if err != nil {
		return nil, err
	}
	r.reader.View = queries.AsWas // gaps are of a day, and of the units of that day
	args := []any{
		sql.Named("rule", g.rule), sql.Named("as_of", r.asOf), sql.Named("title", g.title), sql.Named("with", r.query["with"]), sql.Named("snapshot", r.query["snapshot"]),
	}
	if g.titles, err = read[gapTitleRow](ctx, r, "gap_titles"); err != nil {
		return nil, err
	}
	if g.competencies, err = read[gapCompetencyRow](ctx, r, "gap_competencies"); err != nil {
		return nil, err
	}
	g.titleName, g.name = map[string]string{"": "All titles"}, map[string]string{"": "All competencies"}
	for _, t := range g.titles {
		g.titleName[t.TitleID] = t.Name
	}
	for _, k := range g.competencies {
		g.name[k.CompetencyID] = k.Name
	}
	if g.rows, err = read[gapRow](ctx, r, "gap_heat", args...); err != nil {
		return nil, err
	}
	if g.months, err = read[gapMonthRow](ctx, r, "gap_months", args...); err != nil {
		return nil, err
	}
	if g.title == "" {
		g.title = g.worstTitle()
		args[2] = sql.Named("title", g.title)
	}
	if err := g.readRest(ctx, r, args); err != nil {
		return nil, err
	}
	if g.grid, err = read[gapGridRow](ctx, r, "gap_grid", sql.Named("titles", strings.Join(g.heatTitles(), "\x1f"))); err != nil {
		return nil, err
	}
	return g, nil
}

// readRest reads what stands below the heat map.
func (g *gaps) readRest(ctx context.Context, r *request, args []any) error {
	for _, f := range []func() error{
		func() (err error) { g.steps, err = read[gapStepRow](ctx, r, "gap_waterfall", args...); return },
		func() (err error) { g.mapped, err = read[gapMappedRow](ctx, r, "gap_mapped", args...); return },
		func() (err error) { g.changes, err = read[gapChangeRow](ctx, r, "gap_changes", args...); return },
		func() (err error) { g.raters, err = read[gapRaterRow](ctx, r, "gap_raters", args...); return },
		func() (err error) { g.levels, err = read[gapLevelRow](ctx, r, "gap_levels", args...); return },
		func() (err error) { g.profile, err = read[gapProfileRow](ctx, r, "gap_profile", args...); return },
		func() (err error) { g.similar, err = read[gapSimilarRow](ctx, r, "gap_similar", args...); return },
		func() (err error) { g.courses, err = read[gapCourseRow](ctx, r, "gap_courses", args...); return },
		func() (err error) { g.taught, err = read[gapTaughtRow](ctx, r, "gap_taught", args...); return },
		func() (err error) { g.ready, err = read[gapReadyRow](ctx, r, "gap_ready", args...); return },
		func() (err error) { g.supply, err = read[gapSupplyRow](ctx, r, "gap_supply", args...); return },
		func() (err error) { g.demand, err = read[gapDemandRow](ctx, r, "gap_demand", args...); return },
		func() (err error) { g.scales, err = read[gapScaleRow](ctx, r, "gap_scales", args...); return },
		func() (err error) { g.points, err = read[gapPointRow](ctx, r, "gap_points", args...); return },
		func() (err error) { g.snapshots, err = read[gapSnapshotRow](ctx, r, "gap_snapshots", args...); return },
		func() (err error) {
			if r.query["snapshot"] == "" && len(g.snapshots) > 0 {
				args = append(slices.Clone(args[:4]), sql.Named("snapshot", g.snapshots[0].Name))
			}
			g.frozen, err = read[gapRowFrozen](ctx, r, "gap_snapshot_cells", args...)
			return
		},
	} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// total is the row of all titles and competencies.
func (g *gaps) total() (gapRow, bool) { return g.cell("", "") }

// cell finds one title and competency.
func (g *gaps) cell(title, competency string) (gapRow, bool) {
	i, found := slices.BinarySearchFunc(g.rows, [2]string{title, competency}, func(row gapRow, want [2]string) int {
		if c := strings.Compare(row.TitleID, want[0]); c != 0 {
			return c
		}
		return strings.Compare(row.CompetencyID, want[1])
	})
	if !found {
		return gapRow{}, false
	}
	return g.rows[i], true
}

// worstTitle is the title with the largest index of those with enough people, or the
// first that requires anything.
func (g *gaps) worstTitle() string {
	best, index := "", -1.0
	for _, row := range g.rows {
		if row.TitleID != "" && row.CompetencyID == "" && row.Index != nil && *row.Index > index {
			best, index = row.TitleID, *row.Index
		}
	}
	if best == "" && len(g.titles) > 0 {
		best = g.titles[0].TitleID
	}
	return best
}

// worst is the competency with the largest index over all titles.
func (g *gaps) worst() (gapRow, bool) {
	var best gapRow
	found := false
	for _, row := range g.rows {
		if row.TitleID == "" && row.CompetencyID != "" && row.Index != nil && (!found || *row.Index > *best.Index) {
			best, found = row, true
		}
	}
	return best, found
}

// isAnyTold reports whether it is told of any competency how far people are below.
func (g *gaps) isAnyTold() bool {
	return slices.ContainsFunc(g.rows, func(row gapRow) bool {
		return row.TitleID == "" && row.CompetencyID != "" && (row.Index != nil || row.IsLow != nil)
	})
}

// gapsTitle answers: where are we below what the strategy needs, and how much do
// we not know?
func (r *request) gapsTitle(g *gaps) string {
	total, ok := g.total()
	var requirements int64
	for _, t := range g.titles {
		requirements += t.Requirements
	}
	switch {
	case len(g.titles) == 0:
		return "Nothing is required of any job title yet, so no gap can be told"
	case !ok && len(g.rows) == 0:
		return r.numbers.plural(requirements, "requirement") + " of " + r.numbers.plural(int64(len(g.titles)), "job title") + " are known, and no one here whose gap could be told"
	case !ok:
		return "Too few people are required anything here for their gaps to be told"
	}
	unknownShare := ""
	if c, known := total.coverage(); known {
		unknownShare = "; of " + r.numbers.wholePercent(1-c) + " of what is required we do not know"
		if total.isUnassessed() {
			return "Nobody here has been assessed within a year: of all that is required nothing is known"
		}
	}
	worst, found := g.worst()
	switch {
	case !found && !g.isAnyTold():
		return "Of no competency it can be told how far people are below what is required" + unknownShare
	case !found:
		return "No competency that can be told is clearly below what is required" + unknownShare
	}
	return "We are furthest below what is required in " + lowered(g.name[worst.CompetencyID]) + ": " + r.numbers.wholePercent(*worst.Index) + " of the level is missing" + unknownShare
}

// gapsLead qualifies the title.
func (r *request) gapsLead(g *gaps) string {
	if len(g.titles) == 0 {
		return "Load the streams framework, competency, scale and requirement: “dials init --source onet”, esco or sfia writes a block for frameworks as they are published."
	}
	says := ""
	for _, x := range gapRules {
		if x.id == g.rule {
			says = x.says
		}
	}
	lead := "A level is, of the 365 days before, " + says + ". The index weighs what is missing by how critical it is; what is not assessed is not in it."
	if len(g.rows) > 0 {
		lead = "On " + day(lastOf(g.rows[0].Month, r.asOf)) + ". " + lead
	}
	if r.filters.AsNow {
		lead += " The filter “organisation as it is now” does not apply: units are those of that day."
	}
	if r.filters.Period != toDate {
		lead += " The period does not apply: gaps are of a day."
	}
	return lead
}

// lastOf is the last day of a reference month, or the day asked for where that comes sooner.
func lastOf(month, asOf time.Time) time.Time {
	last := month.AddDate(0, 1, -1)
	if asOf.Before(last) && !asOf.Before(month) {
		return asOf
	}
	return last
}
