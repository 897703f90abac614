package dashboards

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/audit"
	"dials/queries"
)

// auditPage is the record of who did what, for the data protection officer. It
// names people by their audit ids; the operator alone can look one up.
var auditPage = page{
	Path: "/audit", Heading: "Audit", Topics: []queries.Topic{queries.TopicAccess}, Action: queries.ActionAudit, Template: "audit.html", Live: true,
	Params: []string{"kind", "from", "to", "actor", "about", "before"}, Load: loadAudit,
}

// auditPageSize is how many events a page shows.
const auditPageSize = 100

// An auditView is the data of templates/audit.html.
type auditView struct {
	Kinds               []choice
	From, To            string
	Actor, About        string
	Lines               []auditLine
	Newest, Older       string // links; empty where there is nothing
	Head                string
	Written             string
	IsFiltered, CanFind bool
}

// An auditLine is one event.
type auditLine struct {
	N                           int64
	When, Kind, Address         string
	Actor, ActorLink            string
	What, Reason                string
	About, AboutLink, AboutMore string
	Fields                      []auditField
}

type auditField struct{ Name, Value string }

func loadAudit(_ context.Context, r *request) (*content, error) {
	if !r.reader.Policy.Can(queries.ActionAudit) {
		return nil, fmt.Errorf("audit: %w", queries.ErrNotAllowed)
	}
	f, err := auditFilter(r.query, r.zone)
	if err != nil {
		return nil, fiber.NewError(fiber.StatusBadRequest, err.Error())
	}
	f.Limit = auditPageSize + 1
	records, err := r.audit.List(f)
	if err != nil {
		return nil, err
	}
	v := &auditView{From: r.query["from"], To: r.query["to"], Actor: f.Actor, About: f.About}
	for _, kind := range append([]audit.Kind{""}, audit.Kinds()...) {
		v.Kinds = append(v.Kinds, choice{string(kind), cmp.Or(string(kind), "all kinds"), kind == f.Kind})
	}
	if len(records) > auditPageSize {
		records = records[:auditPageSize]
		v.Older = r.auditLink("before", strconv.FormatInt(records[auditPageSize-1].N, 10))
	}
	if f.Before > 0 {
		v.Newest = r.auditLink("before", "")
	}
	for _, record := range records {
		v.Lines = append(v.Lines, r.auditLine(record))
	}
	head, n := r.audit.Head()
	v.Head, v.Written = head, r.numbers.count(n)
	v.IsFiltered = f.Kind != "" || f.Actor != "" || f.About != "" || !f.From.IsZero() || !f.To.IsZero()
	title := "Nothing is on record"
	if n > 0 {
		title = v.Written + " events are on record"
	}
	if v.IsFiltered && len(records) == 0 {
		title = "No event on record is of this kind and time"
	}
	return &content{
		Title: title, Body: v,
		Lead: "Who signed in, was refused, saw rows about persons, took data away or changed a right or a setting. People are named by audit ids; the operator can look one up, and that is recorded too.",
	}, nil
}

// auditFilter reads the parameters of the page. Days are those of the company's
// time zone, the last one included.
func auditFilter(query map[string]string, zone *time.Location) (f audit.Filter, err error) {
	f.Kind, f.Actor, f.About = audit.Kind(query["kind"]), query["actor"], query["about"]
	if f.Kind != "" && !slices.Contains(audit.Kinds(), f.Kind) {
		return f, fmt.Errorf("kind: %q is no kind of event", f.Kind)
	}
	for _, p := range []struct {
		name string
		into *time.Time
		days int
	}{{"from", &f.From, 0}, {"to", &f.To, 1}} {
		text := query[p.name]
		if text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			return f, fmt.Errorf("%s: %q is no date such as 2026-11-30", p.name, text)
		}
		*p.into = day.AddDate(0, 0, p.days)
	}
	if text := query["before"]; text != "" {
		if f.Before, err = strconv.ParseInt(text, 10, 64); err != nil || f.Before < 1 {
			return f, fmt.Errorf("before: %q is no number of an event", text)
		}
	}
	return f, nil
}

// auditLink is the page's address with one parameter set, or left out.
func (r *request) auditLink(name, value string) string {
	query := url.Values{}
	for _, p := range r.page.Params {
		if given := r.query[p]; given != "" && p != "before" {
			query.Set(p, given)
		}
	}
	query.Set(name, value)
	if value == "" {
		query.Del(name)
	}
	if len(query) == 0 {
		return r.page.Path
	}
	return r.page.Path + "?" + query.Encode()
}

func (r *request) auditLine(record audit.Record) auditLine {
	line := auditLine{
		N: record.N, When: record.At.In(r.zone).Format("2 Jan 2006 15:04:05"), Kind: string(record.Kind), Address: record.Address,
		Actor: record.Actor, What: record.What, Reason: record.Reason,
	}
	if line.Actor != "" {
		line.ActorLink = r.auditLink("actor", line.Actor)
	}
	if len(record.About) > 0 {
		line.About, line.AboutLink = record.About[0], r.auditLink("about", record.About[0])
	}
	if more := len(record.About) - 1; more > 0 {
		line.AboutMore = fmt.Sprintf("and %s", strings.TrimSpace(r.numbers.count(int64(more))+" more"))
	}
	for _, name := range slices.Sorted(maps.Keys(record.Fields)) {
		line.Fields = append(line.Fields, auditField{name, record.Fields[name]})
	}
	return line
}
