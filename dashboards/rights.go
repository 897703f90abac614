package dashboards

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
)

// rightsPage says who may see what, as it is declared and therefore enforced.
var rightsPage = page{
	Path: "/rights", Heading: "Who may see what", Template: "rights.html", Topics: []queries.Topic{queries.TopicAccess}, Load: loadRights,
}

// rightsCSV is where the same table leaves as a file.
const rightsCSV = "/rights.csv"

// admits returns why a reader may not open a page, or nil.
func (p page) admits(policy queries.Policy) error {
	if p.Action != "" && !policy.Can(p.Action) {
		return &queries.Denial{Topic: p.Topics[0], Roles: queries.RolesWho(p.Action), Why: "page " + p.Path}
	}
	if slices.ContainsFunc(p.Topics, policy.Sees) {
		return nil
	}
	denial := &queries.Denial{Topic: p.Topics[0], Why: "page " + p.Path}
	for _, role := range queries.Roles() {
		if slices.ContainsFunc(p.Topics, func(t queries.Topic) bool { return slices.Contains(queries.RolesOf(t, ""), role) }) {
			denial.Roles = append(denial.Roles, role)
		}
	}
	return denial
}

// checkPages refuses pages that do not say what they are about.
func checkPages(all []page) error {
	for _, p := range all {
		if len(p.Topics) == 0 {
			return fmt.Errorf("page %s: it has no topic", p.Path)
		}
		for _, t := range slices.Concat(p.Topics, p.Shows) {
			if !slices.Contains(queries.Topics(), t) {
				return fmt.Errorf("page %s: topic %q is not one of queries.Topics", p.Path, t)
			}
		}
	}
	return nil
}

// landing is the first page that a reader may open, or "".
func (s *server) landing(policy queries.Policy) string {
	for _, named := range []bool{true, false} {
		for _, p := range s.pages {
			if (p.Name != "") == named && !strings.Contains(p.Path, ":") && p.admits(policy) == nil {
				return p.Path
			}
		}
	}
	return ""
}

// declares returns an error if a query is of no topic of the page, so that what the
// table of rights says of a page is what it shows.
func (p page) declares(query string) error {
	topic, err := queries.TopicOf(query)
	if err != nil {
		return err
	}
	if topic == queries.TopicFrame || topic == queries.TopicDefinitions || p.about(topic) {
		return nil
	}
	return fmt.Errorf("query %s is about %s, which page %s does not declare", query, topic, p.Path)
}

// about reports whether the page shows anything of a topic.
func (p page) about(topic queries.Topic) bool {
	return slices.Contains(p.Topics, topic) || slices.Contains(p.Shows, topic)
}

// withheld notes what a reader may not see of a page that is open to them. It
// returns an error unless that is all there is to err.
func (r *request) withheld(err error) error {
	var denied *queries.Denial
	if !errors.As(err, &denied) {
		return err
	}
	note := deniedNote(denied)
	if !slices.Contains(r.denied, note) {
		r.denied = append(r.denied, note)
	}
	return nil
}

// viewWords is a view that can be switched off, in words.
func viewWords(view string) string {
	return cmp.Or(map[string]string{
		"leniency": "rating leniency", "individual-goals": "objectives of single people", "manager-comparison": "comparisons of managers",
	}[view], view)
}

// deniedNote says what is not shown, and to whom it is.
func deniedNote(d *queries.Denial) string {
	what := map[queries.Class]string{queries.Pay: "what is computed from pay", queries.Person: "rows about single people"}[d.Class]
	switch {
	case d.Whole:
		return "Figures of the whole company are for readers of the whole company."
	case d.View != "":
		return "Not shown: " + viewWords(d.View) + ", switched off for everybody."
	case what == "":
		what = topicName(d.Topic)
	}
	if len(d.Roles) == 0 {
		return "Not shown: " + what + ", which is switched off."
	}
	return "Not shown: " + what + ". It is for " + roleList(d.Roles) + "."
}

// roleList names roles as prose does.
func roleList(roles []queries.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = roleName(r)
	}
	return listed(names)
}

func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// topicName is a topic as people write it.
func topicName(t queries.Topic) string {
	if name := map[queries.Topic]string{
		queries.TopicFrame: "units and freshness", queries.TopicResults: "strategic results", queries.TopicImpact: "the impact story",
		queries.TopicPortfolio: "the tactic portfolio", queries.TopicStrategy: "goals and check-ins", queries.TopicCompetency: "competency gaps",
		queries.TopicLearning: "learning", queries.TopicInvestment: "learning investment", queries.TopicReviews: "reviews",
		queries.TopicWorkforce: "the workforce", queries.TopicPay: "pay", queries.TopicTrust: "data trust", queries.TopicAccess: "access",
	}[t]; name != "" {
		return name
	}
	return string(t)
}

// maxAbout bounds how many people one event of the audit names.
const maxAbout = 2000

// viewed writes a view of rows about persons to the audit.
func (s *server) viewed(ctx context.Context, v queries.Viewed) error {
	who := access.From(ctx)
	var about []audit.Identity
	for _, id := range v.People[:min(len(v.People), maxAbout)] {
		about = append(about, audit.Identity{Issuer: audit.PersonIssuer, Subject: id})
	}
	return s.Access.Audit.Write(audit.Event{
		At: s.Clock(), Kind: audit.View, By: audit.Identity(who.ID), Address: who.Address, What: v.Query, Reason: v.Reader.Reason, About: about,
		Fields: map[string]string{"topic": string(v.Topic), "unit": v.Reader.Unit, "rows": strconv.Itoa(v.Rows)},
	})
}

// A rightRow says what one role sees on one page, and why.
type rightRow struct {
	Path, Page, Topic, Role, Class, Of, Purpose string
}

// rightsTable is page × role × class × purpose, from the pages' topics and the
// rights that the gate enforces.
func rightsTable(all []page) []rightRow {
	var rows []rightRow
	for _, p := range all {
		if p.Action != "" {
			for _, d := range queries.Duties() {
				if d.Action == p.Action {
					rows = append(rows, rightRow{p.Path, p.Heading, string(p.Topics[0]), string(d.Role), "–", "–", d.Purpose})
				}
			}
			continue
		}
		for _, topic := range slices.Concat(p.Topics, p.Shows) {
			for _, right := range queries.Rights() {
				opens := slices.ContainsFunc(p.Topics, func(t queries.Topic) bool { return slices.Contains(queries.RolesOf(t, ""), right.Role) })
				if right.Topic == topic && opens {
					rows = append(rows, rightRow{p.Path, p.Heading, string(topic), string(right.Role), string(right.Class), ofWhom(right), right.Purpose})
				}
			}
		}
	}
	return rows
}

// ofWhom says whose figures or rows a right opens.
func ofWhom(r queries.Right) string {
	switch {
	case r.Class == queries.None:
		return "no people"
	case r.People == queries.OfUnits:
		return "single people of the granted units, with a reason"
	case r.People == queries.OfLine:
		return "single people of the own line, with a reason"
	}
	return "groups of the granted units"
}

// A rightsView is the data of templates/rights.html.
type rightsView struct {
	Rows    []rightRow
	Actions []queries.Duty
	CSV     string
}

func loadRights(_ context.Context, r *request) (*content, error) {
	return &content{
		Title: "Who may see what, and for which purpose",
		Lead:  "Generated from the declarations that the gate enforces: what is not in this table is refused. Groups are never smaller than the floors.",
		Body:  &rightsView{rightsTable(r.pages), queries.Duties(), rightsCSV},
	}, nil
}

// rightsDocument is the table as the docs hold it, one line for each page, role and
// purpose.
func rightsDocument(all []page) string {
	var b strings.Builder
	b.WriteString("# Who may see what\n\n" +
		"Generated by `make golden` from `queries/rights.toml` and the topics of the pages, which is what the gate enforces; the page\n" +
		"`/rights` shows it, `/rights.csv` exports it. What is not here is refused. Groups are never smaller than the floors.\n" +
		"Pay is what is computed from the pay of a group; rows about single people need a reason, and each view is audited.\n\n" +
		"| page | role | sees | of | for |\n|---|---|---|---|---|\n")
	type line struct{ page, role, of, purpose string }
	var order []line
	classes := map[line][]string{}
	for _, r := range rightsTable(all) {
		l := line{fmt.Sprintf("%s (`%s`)", r.Page, r.Path), r.Role, r.Of, r.Purpose}
		if classes[l] == nil {
			order = append(order, l)
		}
		if !slices.Contains(classes[l], r.Class) {
			classes[l] = append(classes[l], r.Class)
		}
	}
	for _, l := range order {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", l.page, l.role, strings.Join(classes[l], ", "), l.of, l.purpose)
	}
	b.WriteString("\n| action | role | for |\n|---|---|---|\n")
	for _, d := range queries.Duties() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", d.Action, d.Role, d.Purpose)
	}
	return b.String()
}

// serveRightsCSV sends the table as a file.
func (s *server) serveRightsCSV(c *fiber.Ctx) error {
	if err := rightsPage.admits(access.Of(c).Policy); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeRights(&b, s.pages); err != nil {
		return err
	}
	c.Type("csv", "utf-8")
	c.Attachment("rights.csv")
	return c.Send(b.Bytes())
}

func writeRights(b *bytes.Buffer, all []page) error {
	w := csv.NewWriter(b)
	lines := [][]string{{"page", "title", "topic", "role", "class", "of", "purpose"}}
	for _, r := range rightsTable(all) {
		lines = append(lines, []string{r.Path, r.Page, r.Topic, r.Role, r.Class, r.Of, r.Purpose})
	}
	return w.WriteAll(lines)
}
