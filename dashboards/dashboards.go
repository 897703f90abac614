// Package dashboards serves the dashboard pages.
//
// Data flows one way in every page: a query in package queries returns typed
// rows, a function without I/O turns the rows into a go-echarts chart, and the
// chart's JSON option, one script element on a line of its own, is drawn by
// static/app.js beside the table that holds the same numbers.
package dashboards

import (
	"context"
	"database/sql"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/dashboards/extracts"
	"dials/queries"
	"dials/static"
)

// pageTimeout bounds a page. Fiber's context does not end when the reader goes
// away, so nothing else would.
const pageTimeout = 25 * time.Second

// pages lists every page, in the order of the navigation. To add one, write its
// query, its file and its template, and add its line here.
func pages() []page {
	return []page{
		strategicResults,
		impactStory,
		tacticPortfolio,
		objectives, objectiveBranch, objectivePeople,
		competencyGaps, gapCell, gapStepPage,
		learningOperations, learningPeople, learningInvestment, programmeChain,
		reviewsPage, leniencyPage,
		workforce, titleApprovals,
		planTest,
		registerList, registerForm, registerHistory,
		definitionList, definitionPage, calibrationPage,
		extractList, apiDocs, auditPage, rightsPage, viewsPage, matchesPage, sheetPage, alertsPage,
	}
}

// A page is one dashboard.
type page struct {
	Path     string   // "/strategic-results", or with a parameter "/definitions/:metric"
	Also     string   // a second path of the same page
	Name     string   // in the navigation; a page without a name is not in it
	Heading  string   // of the browser's tab and the printed head
	Template string   // the file in templates that defines "content"
	Filters  bool     // obeys the common filters and shows their form
	Noted    bool     // its charts over time mark the days of notes; so do those of pages with filters
	Params   []string // its own query parameters, beside the common filters
	// Topics are what the page is about: who sees anything of one may open it. Shows
	// are further topics, shown to those who may see them. Its queries are of these
	// alone, beside the frame's.
	Topics, Shows []queries.Topic
	Action        queries.Action // who opens the page must be able to do this; "" is nothing
	Live          bool           // is never kept: it shows a form, or what is going on
	// Load answers one reader; the Body of the answer is the template's data.
	Load func(ctx context.Context, r *request) (*content, error)
}

// A request is what a page needs to know of its reader.
type request struct {
	marts   *queries.Marts
	reader  queries.Reader // asks for the unit and the view of the filters
	company Company
	zone    *time.Location
	numbers numbers
	now     time.Time
	filters Filters
	asOf    time.Time // the day that the page is drawn for
	period  Period
	sources []sourceRow
	units   []unitRow
	param   func(name string) string // of the path
	query   map[string]string
	has     func(path string) bool // whether a page is there to link to

	visitor   access.Visitor
	csrf      string // what a form of the reader must carry
	canFreeze bool   // somebody can freeze the competency gaps
	standings Standings
	runs      Runs // nil if none can be followed
	audit     *audit.Log
	register  Register
	views     *access.Store // of saved views; nil keeps none
	isJudging bool
	troubles  []Trouble
	log       *slog.Logger

	page   page
	pages  []page
	asked  []asked  // what the page read, for the API
	denied []string // what of the page is not shown to this reader
	hidden bool     // rows were withheld from some query of this page

	showsEvidence bool // of tactics, as it is believed
}

// read runs a query for the page's reader and notes whether rows were withheld.
// What the reader may not see of a page that is open to them comes as no rows.
func read[T any](ctx context.Context, r *request, name string, args ...any) ([]T, error) {
	if err := r.page.declares(name); err != nil {
		return nil, err
	}
	result, err := queries.All[T](ctx, r.marts, r.reader, name, args...)
	r.showsEvidence = r.showsEvidence || strings.HasSuffix(name, "_evidence")
	if err == nil && r.asked != nil {
		r.asked = append(r.asked, asked{name, r.reader, args})
	}
	if err != nil {
		return nil, r.withheld(err)
	}
	r.hidden = r.hidden || result.Hidden
	return result.Rows, nil
}

// content is what a page says.
type content struct {
	Title  string // the answer, as a sentence
	Lead   string // what qualifies it, in one line
	Body   any    // the data of the page's template
	Status int    // 200 if 0
	// Location sends the reader on instead.
	Location string
}

// Options are what the server is made of.
type Options struct {
	DB      *sql.DB
	Company Company
	// DataVersion moves when the marts change; nil asks the marts.
	DataVersion func(ctx context.Context) (int64, error)
	Runs        Runs             // starts runs and follows them; nil if no reader may
	Access      *access.Access   // nil is open, for loopback
	Register    Register         // how the register is changed; zero if it is not
	Freeze      Freeze           // keeps the competency gaps under a name; nil if no reader may
	Standings   Standings        // how the alerts stand; nil where there are none
	Clock       func() time.Time // nil is time.Now
	Log         *slog.Logger     // nil discards
	Version     string           // of the program
	Health      func() []Trouble // what keeps the server from its work; may be nil
	Observe     func(Observed)   // is told of each request that was answered; may be nil

	Engine       queries.Engine // how extracts are read
	ExtractDir   string         // of the extracts' cache, to which DuckDB may write; "" offers none
	ExtractBytes int64          // bound of that cache; 0 is the default
}

// A server answers readers.
type server struct {
	Options
	zone      *time.Location
	marts     *queries.Marts
	persons   *queries.Marts // the same, with rows about persons, each view audited
	assets    *assets
	pages     []page
	templates map[string]*template.Template
	cache     pageCache
	marks     marks
	menu      *template.Template // of the reader who is signed in
	extracts  *extracts.Server
}

// New returns the server of every page.
func New(o Options) (*fiber.App, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Access == nil {
		o.Access = access.Open(false)
	}
	if err := o.Company.Validate(); err != nil {
		return nil, fmt.Errorf("company: %w", err)
	}
	files, err := newAssets(static.Files)
	if err != nil {
		return nil, err
	}
	s := &server{Options: o, marts: queries.Open(o.DB), assets: files, pages: pages(), marks: newMarks()}
	s.persons = s.marts.Audited(s.viewed)
	if s.DataVersion == nil {
		s.DataVersion = s.marts.Version
	}
	if err := checkPages(s.pages); err != nil {
		return nil, err
	}
	if s.zone, err = time.LoadLocation(o.Company.Timezone); err != nil {
		return nil, fmt.Errorf("company: timezone: %w", err)
	}
	if s.templates, err = parseTemplates(s.pages); err != nil {
		return nil, err
	}
	if s.menu, err = parseMenu(); err != nil {
		return nil, err
	}
	if err := s.openExtracts(); err != nil {
		return nil, err
	}
	app := s.app()
	app.Hooks().OnShutdown(s.extracts.Close)
	app.Hooks().OnListen(func(fiber.ListenData) error {
		go files.compress()
		return nil
	})
	return app, nil
}

func (s *server) app() *fiber.App {
	app := fiber.New(fiber.Config{
		AppName: "dials", Immutable: true, ErrorHandler: s.reportError, DisableStartupMessage: true,
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		BodyLimit: 64 << 10, ReadBufferSize: 16 << 10, DisablePreParseMultipartForm: true,
	})
	app.Use(s.observe)
	app.Use(recover.New(recover.Config{EnableStackTrace: false}))
	for _, h := range s.Access.Handlers() {
		app.Use(h)
	}
	s.routeAccess(app)
	s.routeRegister(app)
	s.routeImpact(app)
	s.routeSnapshots(app)
	s.routeViews(app)
	s.routeMatches(app)
	s.routeSheet(app)
	app.Get("/static/*", s.assets.serve)
	for _, p := range s.pages {
		answer := func(c *fiber.Ctx) error { return s.servePage(c, p) }
		app.Get(p.Path, answer)
		if p.Also != "" {
			app.Get(p.Also, answer)
		}
	}
	app.Get(rightsCSV, s.serveRightsCSV)
	s.extracts.Routes(app)
	s.routeAPI(app)
	s.routeRuns(app)
	app.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
	return app
}
