package dashboards

import (
	"context"
	"database/sql"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/register"
	"dials/queries"
)

// matchesPage is the page on which identifiers that are nobody's are matched.
var matchesPage = page{
	Path: "/matches", Heading: "Matching people", Topics: []queries.Topic{queries.TopicTrust}, Action: queries.ActionMatch, Template: "matches.html",
	Params: []string{"source", "reason", "done"}, Live: true, Load: loadMatches,
}

// A matchRow is an identifier that is nobody's, or that somebody matched in Dials.
type matchRow struct {
	Person    *string    `db:"person_id"`
	UsedFor   *string    `db:"used_for"`
	Source    string     `db:"source"`
	Entity    string     `db:"legal_entity"`
	Value     string     `db:"value"`
	Nearly    *string    `db:"nearly"`
	IsMatched bool       `db:"is_matched"`
	MatchedAt *time.Time `db:"matched_at"`
}

// A foundRow says that there is a person.
type foundRow struct {
	Person string `db:"person_id"`
}

// A matchesView is the data of templates/matches.html.
type matchesView struct {
	CSRF, Reason, Source string
	Sources              []choice
	Problem, Done, More  string
	IsShown              bool
	Open, Matched        []openMatch
}

// An openMatch is one identifier on the page.
type openMatch struct{ ID, Source, Entity, Value, UsedFor, Nearly, Person, Since, Error string }

// routeMatches answers the forms of matching.
func (s *server) routeMatches(app *fiber.App) {
	app.Post(matchesPage.Path, func(c *fiber.Ctx) error {
		p, sent := matchesPage, submissionOf(c)
		p.Load = func(ctx context.Context, r *request) (*content, error) { return r.match(ctx, sent) }
		return s.servePage(c, p)
	})
}

// match keeps one match, or withdraws it; the rows are shown again where something is wrong.
func (r *request) match(ctx context.Context, sent submission) (*content, error) {
	if r.register.Apply == nil {
		return nil, fiber.NewError(fiber.StatusForbidden, "this server keeps no matches")
	}
	r.query["reason"], r.query["source"] = strings.TrimSpace(one(sent.get("reason"))), one(sent.get("from"))
	again := func(problem string) (*content, error) {
		answer, err := loadMatches(ctx, r)
		if err == nil {
			answer.Status, answer.Body.(*matchesView).Problem = fiber.StatusUnprocessableEntity, problem
		}
		return answer, err
	}
	person := strings.TrimSpace(one(sent.get("person")))
	c := register.Change{
		Stream: "person_xref", Version: register.AnyVersion, Since: "1900-01-01", Note: r.query["reason"],
		Key: map[string]any{"system": one(sent.get("system")), "legal_entity": one(sent.get("entity")), "value": one(sent.get("value"))},
	}
	switch {
	case r.query["reason"] == "":
		return again("Say first why you look.")
	case slices.Contains([]any{c.Key["system"], c.Key["legal_entity"], c.Key["value"]}, any("")):
		return again("The identifier is missing.")
	}
	rows, err := r.matchRows(ctx)
	if err != nil {
		return nil, err
	}
	withdraw := one(sent.get("do")) == "withdraw"
	i := slices.IndexFunc(rows, func(row matchRow) bool {
		return row.Source == c.Key["system"] && row.Entity == c.Key["legal_entity"] && row.Value == c.Key["value"] && row.IsMatched == withdraw
	})
	if i < 0 {
		return again("This identifier is not in the list any more: somebody else, or a load, was faster.")
	}
	if !withdraw {
		found, err := read[foundRow](ctx, r, "id_person", sql.Named("person", person))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return again("“" + person + "” is no person whom the people's system knows. Nothing was matched.")
		}
		c.After = map[string]any{"person_id": person, "rule": "manual"}
	}
	if _, errs := r.keep(ctx, []register.Change{c}); errs != nil {
		return again(errs[""])
	}
	return &content{Location: matchesPage.Path + "?" + url.Values{"reason": {r.query["reason"]}, "source": {r.query["source"]}, "done": {"yes"}}.Encode()}, nil
}

func (r *request) matchRows(ctx context.Context) ([]matchRow, error) {
	r.reader.Reason = r.query["reason"]
	return read[matchRow](ctx, r, "id_matching", sql.Named("source", r.query["source"]))
}

// mayMatch says why the reader cannot match: who is nobody yet is in no unit.
func (r *request) mayMatch() error {
	p := r.reader.Policy
	if !p.May(queries.TopicTrust, queries.Person) || !p.Whole() || !p.Can(queries.ActionMatch) {
		return queries.Deny(queries.TopicTrust, queries.Person)
	}
	return nil
}

func loadMatches(ctx context.Context, r *request) (*content, error) {
	if err := r.mayMatch(); err != nil {
		return nil, err
	}
	v := &matchesView{CSRF: r.csrf, Reason: strings.TrimSpace(r.query["reason"]), Source: r.query["source"], Sources: []choice{{"", "all sources", r.query["source"] == ""}}}
	for _, s := range r.sources {
		v.Sources = append(v.Sources, choice{s.Source, s.Source, s.Source == v.Source})
	}
	if !queries.IsReason(v.Reason) {
		return &content{Title: "Say why you look at identifiers of people", Lead: "The reason is kept in the audit with who looked.", Body: v}, nil
	}
	rows, err := r.matchRows(ctx)
	if err != nil {
		return nil, err
	}
	if r.query["done"] != "" {
		v.Done = "It is kept. Records of this identifier follow, old ones too."
	}
	v.IsShown = true
	if len(rows) > mostPeople {
		rows, v.More = rows[:mostPeople], "More are open: these are the first "+r.numbers.count(mostPeople)+"."
	}
	for _, row := range rows {
		m := openMatch{Source: row.Source, Entity: row.Entity, Value: row.Value, UsedFor: deref(row.UsedFor), Nearly: deref(row.Nearly), Person: deref(row.Person)}
		if row.MatchedAt != nil {
			m.Since = r.instant(*row.MatchedAt)
		}
		if row.IsMatched {
			v.Matched = append(v.Matched, m)
			continue
		}
		v.Open = append(v.Open, m)
	}
	title := "Every identifier belongs to a known person"
	switch n := len(v.Open); {
	case v.More != "":
		title = "Over " + r.numbers.count(mostPeople) + " identifiers are nobody’s"
	case n == 1:
		title = "One identifier is nobody’s"
	case n > 1:
		title = capital(inWords(n)) + " identifiers are nobody’s"
	}
	return &content{Title: title, Lead: "A match is a rule: it counts before all others from the next load on, and for all that was loaded. It never follows from a name.", Body: v}, nil
}
