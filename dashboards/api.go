package dashboards

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
)

// apiRoot is version 1 of the API. Within a version answers gain fields and queries
// gain columns; nothing is renamed, removed or given another meaning.
const apiRoot = "/api/v1"

// Rows of one query in one answer.
const (
	defaultRows = 1_000
	mostRows    = 10_000
)

// An asked is a query that a page ran, and for whom.
type asked struct {
	name   string
	reader queries.Reader
	args   []any
}

// A pageAnswer is a page for programs: what its title says, and the rows of every
// query behind it, through the same gate.
type pageAnswer struct {
	Page        string             `json:"page"`
	URL         string             `json:"url"` // for people
	Title       string             `json:"title"`
	Lead        string             `json:"lead"`
	AsOf        string             `json:"as_of"`
	From        string             `json:"from"` // first month of the period
	To          string             `json:"to"`   // last month of the period
	Unit        string             `json:"unit"`
	Org         string             `json:"org"`
	DataVersion int64              `json:"data_version"`
	Freshness   []sourceAnswer     `json:"freshness"`
	Notes       []string           `json:"notes"` // what is hidden, or not shown to this reader
	Definitions []definitionAnswer `json:"definitions"`
	Queries     []queryAnswer      `json:"queries"`
}

type sourceAnswer struct {
	Source        string     `json:"source"`
	LastSuccessAt *time.Time `json:"last_success_at"`
	DataAsOf      *string    `json:"data_as_of"`
	Status        *string    `json:"status"`
}

type definitionAnswer struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Says    string `json:"says"`
	Formula string `json:"formula"`
	Version int    `json:"version"`
	URL     string `json:"url"`
}

// A queryAnswer is the rows of one query, or as many as one answer holds.
type queryAnswer struct {
	Name    string         `json:"name"`
	Is      string         `json:"is"` // what a row is
	Class   string         `json:"class"`
	People  string         `json:"people,omitempty"` // the column that counts people
	Columns []columnAnswer `json:"columns"`
	Count   int            `json:"count"` // of all rows
	Rows    [][]any        `json:"rows"`  // in the order of columns
	Next    string         `json:"next,omitempty"`
}

type columnAnswer struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// programmable are the pages that the API answers: those with numbers.
func (s *server) programmable() []page {
	var found []page
	for _, p := range s.pages {
		if !p.Live && len(p.Topics) > 0 {
			found = append(found, p)
		}
	}
	return found
}

// routeAPI adds the API to app.
func (s *server) routeAPI(app *fiber.App) {
	app.Get(apiRoot, func(c *fiber.Ctx) error { return c.Redirect(apiRoot+"/openapi.json", fiber.StatusFound) })
	app.Get(apiRoot+"/openapi.json", s.serveOpenAPI)
	app.Get(apiRoot+"/pages", s.listPages)
	for _, p := range s.programmable() {
		app.Get(apiRoot+"/pages"+p.Path, func(c *fiber.Ctx) error { return s.serveAPI(c, p) })
	}
}

// listPages answers GET /api/v1/pages: the pages that the reader may ask for.
func (s *server) listPages(c *fiber.Ctx) error {
	type listed struct {
		Page string `json:"page"`
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	pages := []listed{}
	for _, p := range s.programmable() {
		if p.admits(access.Of(c).Policy) == nil {
			pages = append(pages, listed{p.Path, p.Heading, apiRoot + "/pages" + p.Path})
		}
	}
	return s.answerJSON(c, fiber.Map{"pages": pages})
}

// serveAPI answers a page as JSON.
func (s *server) serveAPI(c *fiber.Ctx, p page) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), pageTimeout)
	defer cancel()
	v := access.Of(c)
	if err := p.admits(v.Policy); err != nil {
		return err
	}
	cursor, err := cursorOf(c)
	if err != nil {
		return err
	}
	query := c.Queries()
	known := slices.Concat(filterNames, p.Params, []string{"only", "limit", "cursor"})
	for name := range query {
		if !slices.Contains(known, name) {
			return fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("%.40q is no parameter here: there are %s", name, strings.Join(known, ", ")))
		}
	}
	filters, err := parseFilters(query)
	if err != nil {
		return fiber.NewError(fiber.StatusBadRequest, err.Error())
	}
	version, err := s.DataVersion(ctx)
	if err != nil {
		return err
	}
	// An answer says nothing of single people, so that who asks makes no difference.
	key := strings.Join([]string{apiRoot, c.Path(), string(c.Request().URI().QueryString()), v.Policy.GroupKey()}, "\x00")
	kept, err := s.cache.get(s.stateOf(version, s.Clock()), key, func() (*rendered, error) {
		return s.makeAnswer(ctx, &request{
			marts: s.marts, reader: queries.Reader{Policy: v.Policy}, company: s.Company, zone: s.zone, numbers: numbersFor("en"),
			now: s.Clock(), filters: filters, param: func(name string) string { return c.Params(name) }, query: query, has: s.hasPage,
			page: p, pages: s.pages, visitor: v, audit: s.Access.Audit, register: s.Register, log: s.Log,
		}, p, cursor)
	})
	if err != nil {
		return err
	}
	if v.Token { // a program that takes pages takes data away
		s.Access.Note(c, audit.Extract, "page "+p.Path, map[string]string{"format": "api", "query": string(c.Request().URI().QueryString()), "policy": v.Policy.GroupKey()})
	}
	return s.sendJSON(c, kept.html)
}

// makeAnswer is what the API says of a page, as JSON.
func (s *server) makeAnswer(ctx context.Context, r *request, p page, cursor cursor) (*rendered, error) {
	if _, _, err := s.settle(ctx, r, p); errors.Is(err, queries.ErrNotBuilt) {
		return nil, fiber.NewError(fiber.StatusServiceUnavailable, "there are no data yet: load the sources first")
	} else if err != nil {
		return nil, err
	}
	r.asked = []asked{} // of the page, not of its frame
	answer, err := p.Load(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("page %s: %w", p.Path, err)
	}
	if answer.Status >= 400 {
		return nil, fiber.NewError(answer.Status, answer.Title)
	}
	a, err := s.answerOf(ctx, r, p, answer, cursor)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	return newRendered(fiber.StatusOK, body), nil
}

// answerOf puts together what a page said and what it read.
func (s *server) answerOf(ctx context.Context, r *request, p page, said *content, cursor cursor) (*pageAnswer, error) {
	version, err := s.DataVersion(ctx)
	if err != nil {
		return nil, err
	}
	if cursor.version != 0 && cursor.version != version {
		return nil, fiber.NewError(fiber.StatusConflict, "the data moved on since the first part: begin again without cursor")
	}
	a := &pageAnswer{
		Page: p.Path, URL: address(p.Path, r.filters), Title: said.Title, Lead: said.Lead, AsOf: r.asOf.Format(time.DateOnly),
		From: r.period.From.Format("2006-01"), To: r.period.To.AddDate(0, -1, 0).Format("2006-01"),
		Unit: r.reader.Unit, Org: "was", DataVersion: version, Notes: slices.Concat([]string{}, r.denied), Queries: []queryAnswer{},
	}
	if r.filters.AsNow {
		a.Org = "now"
	}
	if r.hidden {
		a.Notes = append(a.Notes, "some groups are hidden to protect people")
	}
	for _, source := range r.sources {
		line := sourceAnswer{Source: source.Source, LastSuccessAt: source.LastSuccessAt, Status: source.LastStatus}
		if source.DataAsOf != nil {
			day := source.DataAsOf.Format(time.DateOnly)
			line.DataAsOf = &day
		}
		a.Freshness = append(a.Freshness, line)
	}
	if a.Definitions, err = definitionsOn(p.Path); err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for _, q := range r.asked {
		key := fmt.Sprint(q.name, q.args, q.reader.Unit, q.reader.View)
		if done[key] || cursor.only != "" && cursor.only != q.name {
			continue
		}
		done[key] = true
		part, err := s.rowsOf(ctx, q, p.Path, r.query, cursor, version)
		if err != nil {
			return nil, err
		}
		a.Queries = append(a.Queries, part)
	}
	if cursor.only != "" && len(a.Queries) == 0 {
		return nil, fiber.NewError(fiber.StatusNotFound, fmt.Sprintf("only: the page reads no query %.60q", cursor.only))
	}
	return a, nil
}

func definitionsOn(path string) ([]definitionAnswer, error) {
	all, err := queries.Definitions()
	if err != nil {
		return nil, err
	}
	found := []definitionAnswer{}
	for _, d := range all {
		if slices.Contains(d.Pages, path) {
			found = append(found, definitionAnswer{d.ID, d.Name, d.Says, d.Formula, d.Version, definition(d.ID)})
		}
	}
	return found, nil
}

// rowsOf runs a query again as the page did and returns one part of its rows.
func (s *server) rowsOf(ctx context.Context, q asked, path string, query map[string]string, cursor cursor, version int64) (queryAnswer, error) {
	table, err := queries.Read(ctx, s.marts, q.reader, q.name, q.args...)
	if err != nil {
		return queryAnswer{}, err
	}
	part := queryAnswer{Name: q.name, Class: string(table.Class), People: table.People, Count: len(table.Rows)}
	for _, d := range queries.Declared() {
		if d.Name == q.name {
			part.Is = d.About
		}
	}
	for i, name := range table.Columns {
		part.Columns = append(part.Columns, columnAnswer{name, table.Types[i]})
	}
	from := min(cursor.offset, len(table.Rows))
	to := min(from+cursor.limit, len(table.Rows))
	part.Rows = table.Rows[from:to]
	for _, row := range part.Rows {
		for i := range row {
			row[i] = jsonValue(row[i], table.Types[i])
		}
	}
	if to < len(table.Rows) {
		next := url.Values{}
		for name, value := range query {
			next.Set(name, value)
		}
		next.Set("only", q.name)
		next.Set("limit", strconv.Itoa(cursor.limit))
		next.Set("cursor", base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", version, to)))
		part.Next = apiRoot + "/pages" + path + "?" + next.Encode()
	}
	return part, nil
}

// A cursor says which part of which query is asked for.
type cursor struct {
	only          string
	limit, offset int
	version       int64 // of the data that the first part was of; 0 is the first part
}

func cursorOf(c *fiber.Ctx) (cursor, error) {
	cur := cursor{only: c.Query("only"), limit: defaultRows}
	if text := c.Query("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostRows {
			return cur, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("limit: want 1 to %d", mostRows))
		}
		cur.limit = n
	}
	text := c.Query("cursor")
	if text == "" {
		return cur, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	version, offset, cut := strings.Cut(string(raw), ".")
	v, errVersion := strconv.ParseInt(version, 10, 63)
	n, errOffset := strconv.ParseUint(offset, 10, 31)
	if err != nil || !cut || errVersion != nil || errOffset != nil || v < 1 || cur.only == "" {
		return cur, fiber.NewError(fiber.StatusBadRequest, "cursor: it is not one that an answer gave as next")
	}
	cur.version, cur.offset = v, int(n) //nolint:gosec // 31 bits
	return cur, nil
}

// answerJSON sends v, unless the reader has it already.
func (s *server) answerJSON(c *fiber.Ctx, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.sendJSON(c, body)
}

func (s *server) sendJSON(c *fiber.Ctx, body []byte) error {
	tag := entityTag(string(body))
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	if match := c.Get(fiber.HeaderIfNoneMatch); match != "" && matchesTag(match, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(body)
}
