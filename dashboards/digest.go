package dashboards

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"strings"
	"time"

	"dials/queries"
)

// A Digest is page 1 as it is mailed: the same numbers and sentences, as HTML that
// needs neither script nor style sheet, and as text.
type Digest struct{ Title, HTML, Text string }

// digestView is the data of templates/digest.html.
type digestView struct {
	Company, Title, Lead, Printed, Fresh, BaseURL string
	Written                                       string
	Denied                                        []string
	Hidden                                        bool
	Body                                          *resultsView
}

// NewDigest returns a function that writes page 1 for what a policy may see. baseURL is
// where the pages are; "" leaves the links out.
func NewDigest(o Options, baseURL string) (func(ctx context.Context, policy queries.Policy, unit, period string) (Digest, error), error) {
	s := &server{Options: o, marts: queries.Open(o.DB), pages: pages()}
	if s.Clock == nil {
		s.Clock = time.Now
	}
	var err error
	if s.zone, err = time.LoadLocation(o.Company.Timezone); err != nil {
		return nil, fmt.Errorf("company: timezone: %w", err)
	}
	t, err := template.ParseFS(templateFiles, "templates/parts.html", "templates/digest.html")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, policy queries.Policy, unit, period string) (Digest, error) {
		if err := strategicResults.admits(policy); err != nil {
			return Digest{}, err
		}
		query := map[string]string{}
		if unit != "" {
			query["unit"] = unit
		}
		if period != "" {
			query["period"] = period
		}
		filters, err := parseFilters(query)
		if err != nil {
			return Digest{}, err
		}
		return s.digest(ctx, t, &request{
			marts: s.marts, reader: queries.Reader{Policy: policy}, company: s.Company, zone: s.zone, numbers: numbersFor(s.Company.Locale),
			now: s.Clock(), filters: filters, param: func(string) string { return "" }, query: query, has: s.hasPage, page: strategicResults, pages: s.pages,
		}, strings.TrimSuffix(baseURL, "/"))
	}, nil
}

// digest loads page 1 and writes it.
func (s *server) digest(ctx context.Context, t *template.Template, r *request, baseURL string) (Digest, error) {
	latest, unit, err := s.settle(ctx, r, strategicResults)
	if err != nil {
		return Digest{}, err
	}
	answer, err := loadResults(ctx, r)
	if err != nil {
		return Digest{}, err
	}
	view := answer.Body.(*resultsView)
	v := digestView{
		Company: s.Company.Name, Title: answer.Title, Lead: answer.Lead, Printed: r.printed(unit), Fresh: freshnessOf(r.sources, latest, r.now, s.zone).Text,
		BaseURL: baseURL, Written: r.now.In(s.zone).Format("2 January 2006, 15:04"), Denied: r.denied, Hidden: r.hidden, Body: view,
	}
	var html bytes.Buffer
	if err := t.ExecuteTemplate(&html, "digest", v); err != nil {
		return Digest{}, err
	}
	return Digest{Title: answer.Title, HTML: html.String(), Text: v.text()}, nil
}

// text is the digest for readers of plain mail.
func (v digestView) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n%s\n", v.Company, v.Printed, v.Title)
	if v.Lead != "" {
		fmt.Fprintf(&b, "%s\n", v.Lead)
	}
	for _, c := range v.Body.Cards {
		fmt.Fprintf(&b, "\n%s\n", c.Name)
		if c.Gap != "" {
			fmt.Fprintf(&b, "  %s\n", c.Gap)
		} else {
			fmt.Fprintf(&b, "  %s %s, %s. %s %s\n", c.Value, c.Unit, c.When, c.Delta.Text, c.Delta.Word)
			for _, p := range c.Plan {
				fmt.Fprintf(&b, "  %s: %s %s\n", p.Term, p.Value, p.Sub)
			}
		}
		for _, p := range c.Verdict {
			b.WriteString(p.Text)
		}
		fmt.Fprintf(&b, "\n  %s\n", c.HowWeKnow)
	}
	fmt.Fprintf(&b, "\n%s\n", v.Fresh)
	if v.BaseURL != "" {
		fmt.Fprintf(&b, "%s/\n", v.BaseURL)
	}
	return b.String()
}
