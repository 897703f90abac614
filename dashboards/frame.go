package dashboards

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/queries"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Templates of the frame's own answers.
const (
	errorPage = "error.html"
	emptyPage = "empty.html"
)

// A frame is what every page stands in.
type frame struct {
	Company, Heading, Title, Lead string
	Path                          string
	Nav                           []navItem
	Form                          *filterForm
	Fresh                         freshness
	Printed                       string   // what the reader filtered by, for paper
	Denied                        []string // what is not shown to this reader, and to whom it is
	IsJudging                     bool     // the page shows evidence that is being computed anew
	Hidden                        bool     // some groups are hidden to protect people
	CanSync                       bool
	Notes                         *chartNotes
	Keep, Views                   string // where this page is kept, and where those are that were
	CSS, JS, ECharts, Icon        string
	Version                       string
	policy                        queries.Policy // of the reader: the navigation shows their pages
	Menu                          string         // the mark of the reader's menu
	Bare                          bool           // without navigation: nobody is signed in
	Body                          any
}

type navItem struct {
	Path, Name string
	IsCurrent  bool
}

// A filterForm is the common filters as a form; its state is the page's URL.
type filterForm struct {
	Path           string
	Period, Org    []choice
	Unit           []choice
	AsOf, From, To string
	Locale         string
	IsCustom       bool
	Own            []kept            // the page's own parameters, which filters leave alone
	Default        map[string]string // what the URL leaves out
	DefaultAsOf    string
}

type choice struct {
	Value, Text string
	IsSelected  bool
}

// A unitRow is one org unit of the filter.
type unitRow struct {
	UnitID   string  `db:"unit_id"`
	Name     string  `db:"name"`
	UnitType *string `db:"unit_type"`
	ParentID *string `db:"parent_id"`
	Depth    int64   `db:"depth"`
}

func parseTemplates(all []page) (map[string]*template.Template, error) {
	base, err := template.ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	parsed := map[string]*template.Template{}
	names := []string{errorPage, emptyPage, signInPage, signedOutPage, accessPage}
	for _, p := range all {
		names = append(names, p.Template)
	}
	for _, name := range names {
		t, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if parsed[name], err = t.ParseFS(templateFiles, "templates/"+name); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

// render writes a page whole, before the first byte is sent: an error is a clean 500.
func (s *server) render(name string, f *frame) ([]byte, error) {
	f.Company, f.Version = s.Company.Name, s.Version
	f.CSS, f.JS, f.ECharts, f.Icon = s.assets.urls["app.css"], s.assets.urls["app.js"], s.assets.urls["echarts.min.js"], s.assets.urls["icon.svg"]
	if s.Access.SignsIn() {
		f.Menu = s.marks.menu
	}
	for _, p := range s.pages {
		if p.Name != "" && !f.Bare && p.admits(f.policy) == nil {
			f.Nav = append(f.Nav, navItem{p.Path, p.Name, p.Path == f.Path})
		}
		if p.Path == "/workforce" && !f.Bare && p.admits(f.policy) == nil {
			f.Fresh.Link = p.Path
		}
	}
	var b bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&b, "layout", f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// servePage answers a page from the cache, or renders it.
func (s *server) servePage(c *fiber.Ctx, p page) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), pageTimeout)
	defer cancel()
	now, v := s.Clock(), access.Of(c)
	if err := p.admits(v.Policy); err != nil {
		if to := s.landing(v.Policy); c.Path() == "/" && to != "" {
			return c.Redirect(to, fiber.StatusFound)
		}
		return err
	}
	query := c.Queries()
	filters, err := parseFilters(query)
	if err != nil && p.Filters {
		return fiber.NewError(fiber.StatusBadRequest, err.Error())
	}
	version, err := s.DataVersion(ctx)
	if err != nil {
		return err
	}
	language := cmp.Or(filters.Locale, s.Company.Locale)
	if language == "" {
		language = readerLanguage(c.Get(fiber.HeaderAcceptLanguage))
		c.Vary(fiber.HeaderAcceptLanguage)
	}
	troubles, _ := s.troubles()
	state := s.stateOf(version, now)
	isJudging := s.Register.IsJudging != nil && s.Register.IsJudging()
	r := &request{
		marts: s.marts, reader: queries.Reader{Policy: v.Policy}, company: s.Company, zone: s.zone, numbers: numbersFor(language),
		now: now, filters: filters, param: func(name string) string { return c.Params(name) }, query: query, has: s.hasPage, page: p, pages: s.pages,
		visitor: v, csrf: s.csrfMark(), canFreeze: s.Freeze != nil, standings: s.Standings, runs: s.Runs, audit: s.Access.Audit, register: s.Register, views: s.Access.Store, log: s.Log, isJudging: isJudging, troubles: troubles,
	}
	// A page that is kept says nothing of single people, so that who asks makes no difference.
	key := strings.Join([]string{c.Path(), p.ownQuery(query), r.numbers.decimal, v.Policy.GroupKey()}, "\x00")
	if isJudging && (p.about(queries.TopicImpact) || p.about(queries.TopicResults)) {
		key += "\x00judging" // a page that shows evidence says so
	}
	if p.Live {
		r.marts = s.persons
		return s.serveLive(ctx, c, r, p, version)
	}
	tag := entityTag(state, key, s.assets.sum, s.Version, visitorTag(v))
	c.Set(fiber.HeaderETag, tag)
	if match := c.Get(fiber.HeaderIfNoneMatch); match != "" && matchesTag(match, tag) {
		c.Vary(fiber.HeaderAcceptEncoding)
		return c.SendStatus(fiber.StatusNotModified)
	}
	kept, err := s.cache.get(state, key, func() (*rendered, error) { return s.build(ctx, r, p, version) })
	if err != nil {
		return err
	}
	if kept.location != "" {
		c.Response().Header.Del(fiber.HeaderETag)
		return c.Redirect(kept.location, fiber.StatusFound)
	}
	c.Status(kept.status).Type("html", "utf-8")
	return s.send(c, kept)
}

// stateOf names what everything that is kept was made of. Freshness moves with the clock,
// so that a page is kept for five minutes at most.
func (s *server) stateOf(version int64, now time.Time) string {
	_, suffers := s.troubles()
	return strconv.FormatInt(version, 10) + "/" + strconv.FormatInt(now.Unix()/300, 10) + suffers
}

func (s *server) hasPage(path string) bool {
	return slices.ContainsFunc(s.pages, func(p page) bool { return p.Path == path })
}

// ownQuery writes the parameters that the page knows, in a fixed order; others
// are ignored.
func (p page) ownQuery(query map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Concat(filterNames, p.Params) {
		if value, given := query[name]; given {
			b.WriteString(name + "=" + url.QueryEscape(value) + "&")
		}
	}
	return b.String()
}

// build renders a page that is not in the cache.
func (s *server) build(ctx context.Context, r *request, p page, version int64) (*rendered, error) {
	f := &frame{Heading: p.Heading, Path: p.Path, policy: r.reader.Policy, CanSync: s.Runs != nil && r.reader.Policy.Can(queries.ActionSync)}
	if version == 0 {
		return s.empty(f)
	}
	latest, unit, err := s.settle(ctx, r, p)
	if errors.Is(err, queries.ErrNotBuilt) {
		return s.empty(f)
	}
	if err != nil {
		return nil, err
	}
	if p.Filters && redundant(r.query, r.filters) {
		return &rendered{location: address(p.Path, r.filters)}, nil
	}
	answer, err := p.Load(ctx, r)
	if errors.Is(err, queries.ErrNotBuilt) {
		return s.empty(f)
	}
	if err != nil {
		return nil, fmt.Errorf("page %s: %w", p.Path, err)
	}
	if answer.Location != "" {
		return &rendered{location: answer.Location}, nil
	}
	f.Title, f.Lead, f.Body, f.Hidden, f.Denied = answer.Title, answer.Lead, answer.Body, r.hidden, r.denied
	f.IsJudging = r.isJudging && r.showsEvidence
	f.Keep = r.keepLink(p)
	if r.views != nil {
		f.Views = viewsPage.Path
	}
	f.Fresh = freshnessOf(r.sources, latest, r.now, s.zone)
	if p.Filters || p.Noted {
		if f.Notes, err = r.chartNotes(ctx); err != nil {
			return nil, err
		}
	}
	if p.Filters {
		f.Form = r.form(p, latest)
		f.Printed = r.printed(unit)
	}
	html, err := s.render(p.Template, f)
	if err != nil {
		return nil, fmt.Errorf("page %s: %w", p.Path, err)
	}
	return newRendered(max(answer.Status, fiber.StatusOK), html), nil
}

// settle reads what the frame shows and what the filters come to: the latest day of
// the data and the name of the unit.
func (s *server) settle(ctx context.Context, r *request, p page) (latest time.Time, unit string, err error) {
	if err := s.readFrame(ctx, r); err != nil {
		return latest, "", err
	}
	if r.asOf.IsZero() {
		if p.Filters && len(r.sources) == 0 {
			return latest, "", queries.ErrNotBuilt
		}
		year, m, d := r.now.In(s.zone).Date()
		r.asOf = time.Date(year, m, d, 0, 0, 0, 0, time.UTC)
	}
	latest = r.asOf
	if r.filters.AsOf.Equal(latest) {
		r.filters.AsOf = time.Time{}
	}
	if r.filters.Unit == r.reader.Policy.Home() { // what is shown anyway
		r.filters.Unit = ""
	}
	if !r.filters.AsOf.IsZero() {
		r.asOf = r.filters.AsOf
	}
	r.period = calendar{time.Month(s.Company.FiscalYearStartMonth)}.period(r.filters, r.asOf)
	unit, err = r.chooseUnit()
	return latest, unit, err
}

// empty is the page before the first sync: it says what to do next.
func (s *server) empty(f *frame) (*rendered, error) {
	f.Title = "No data yet: load the first source files"
	f.Body = struct {
		CanSync bool
		CSRF    string
	}{f.CanSync, s.csrfMark()}
	f.Fresh = freshness{Text: "No source has been loaded yet"}
	html, err := s.render(emptyPage, f)
	if err != nil {
		return nil, err
	}
	return newRendered(fiber.StatusOK, html), nil
}

// readFrame reads what the frame shows on every page.
func (s *server) readFrame(ctx context.Context, r *request) error {
	var err error
	if r.sources, err = read[sourceRow](ctx, r, "source_freshness"); err != nil {
		return err
	}
	if r.units, err = read[unitRow](ctx, r, "units"); err != nil {
		return err
	}
	reach, err := read[reachRow](ctx, r, "data_reach")
	if err != nil {
		return err
	}
	for _, row := range reach {
		if row.AsOf != nil {
			r.asOf = *row.AsOf
		}
	}
	return nil
}

// A reachRow says how far the data reach.
type reachRow struct {
	AsOf *time.Time `db:"as_of"`
}

// chooseUnit points the reader at the unit of the filters and returns its name.
func (r *request) chooseUnit() (string, error) {
	if r.filters.AsNow {
		r.reader.View = queries.AsNow
	}
	home := r.reader.Policy.Home()
	if r.filters.Unit == "" && home == queries.EveryUnit {
		return allUnits, nil
	}
	for _, u := range r.units {
		if u.UnitID == r.filters.Unit || r.filters.Unit == "" && u.UnitID == home {
			r.reader.Unit = u.UnitID
			return u.Name, nil
		}
	}
	if r.filters.Unit == "" {
		return "No unit", nil
	}
	if home != queries.EveryUnit { // whether there is such a unit is not theirs to know
		return "", &queries.Denial{Topic: r.page.Topics[0], Outside: true, Why: "a unit outside of what was granted"}
	}
	return "", fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("unit: %q is not a unit of the organisation", r.filters.Unit))
}

// allUnits is the whole company in the filter of units.
const allUnits = "All units"

// homeName is the unit that the reader sees unless they ask for another.
func (r *request) homeName() string {
	home := r.reader.Policy.Home()
	if home == queries.EveryUnit {
		return allUnits
	}
	for _, u := range r.units {
		if u.UnitID == home {
			return u.Name
		}
	}
	return "No unit"
}

// redundant reports whether the query states a filter that the canonical URL leaves out.
func redundant(query map[string]string, f Filters) bool {
	stated, _ := url.ParseQuery(f.Query()) // written by us
	for _, name := range filterNames {
		if _, given := query[name]; given && !stated.Has(name) {
			return true
		}
	}
	return false
}

// address returns the canonical URL of a page with filters.
func address(path string, f Filters) string {
	if q := f.Query(); q != "" {
		return path + "?" + q
	}
	return path
}

func (r *request) form(p page, latest time.Time) *filterForm {
	f := r.filters
	years := calendar{time.Month(r.company.FiscalYearStartMonth)}
	name := func(period string) string { return years.period(Filters{Period: period}, r.asOf).Name }
	form := &filterForm{
		Path: p.Path, AsOf: r.asOf.Format(time.DateOnly), DefaultAsOf: latest.Format(time.DateOnly), IsCustom: f.Period == custom, Locale: f.Locale,
		Period: []choice{
			{"fy", name(toDate), f.Period == toDate},
			{lastYear, name(lastYear), f.Period == lastYear},
			{rolling12, name(rolling12), f.Period == rolling12},
			{custom, "Other months …", f.Period == custom},
		},
		Org:  []choice{{"was", "as it was", !f.AsNow}, {"now", "as it is now", f.AsNow}},
		Unit: []choice{{"", r.homeName(), f.Unit == ""}},
		From: r.period.From.Format("2006-01"), To: r.period.To.AddDate(0, -1, 0).Format("2006-01"),
	}
	for _, name := range p.Params {
		if v := r.query[name]; v != "" && name != "reason" {
			form.Own = append(form.Own, kept{name, v})
		}
	}
	offered := inTree(r.units)
	if chosen := slices.IndexFunc(offered, func(u unitRow) bool { return u.UnitID == f.Unit }); chosen < 0 && f.Unit != "" {
		for _, u := range r.units {
			if u.UnitID == f.Unit {
				offered = append(offered, u)
			}
		}
	}
	for _, u := range offered {
		if u.UnitID == r.reader.Policy.Home() {
			continue // it stands first
		}
		indent := strings.Repeat("\u2003", int(min(max(u.Depth, 0), 6)))
		form.Unit = append(form.Unit, choice{u.UnitID, indent + u.Name, u.UnitID == f.Unit})
	}
	return form
}

// inTree puts units under their parents, each level in the order given. Of a
// large organisation only the upper levels are offered.
func inTree(units []unitRow) []unitRow {
	byID := index(units, func(u unitRow) string { return u.UnitID })
	children := map[string][]unitRow{}
	perDepth := map[int64]int{}
	for _, u := range units {
		parent := deref(u.ParentID)
		if _, known := byID[parent]; !known || parent == u.UnitID {
			parent = ""
		}
		children[parent] = append(children[parent], u)
		perDepth[u.Depth]++
	}
	offered, deepest := 0, int64(0)
	for depth := int64(0); depth < 20; depth++ {
		if offered += perDepth[depth]; offered <= maxOfferedUnits {
			deepest = depth
		}
	}
	var ordered []unitRow
	seen := map[string]bool{}
	var walk func(parent string)
	walk = func(parent string) {
		for _, u := range children[parent] {
			if seen[u.UnitID] || u.Depth > deepest {
				continue
			}
			seen[u.UnitID] = true
			ordered = append(ordered, u)
			walk(u.UnitID)
		}
	}
	walk("")
	return ordered
}

// maxOfferedUnits bounds the list of the filter; a link may ask for any unit.
const maxOfferedUnits = 400

// printed says what the reader filtered by, for the head of the printed page.
func (r *request) printed(unit string) string {
	org := "as it was"
	if r.filters.AsNow {
		org = "as it is now"
	}
	period := r.period.Name
	if months := r.period.Range(); months != period {
		period += " (" + months + ")"
	}
	return "Period: " + period + " · Unit: " + unit + ", organisation " + org + " · As of " + day(r.asOf)
}
