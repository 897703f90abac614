package dashboards

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/queries"
)

// viewsPage is the pages that a reader keeps with their filters, each under a name.
var viewsPage = page{
	Path: "/views", Heading: "Saved views", Topics: []queries.Topic{queries.TopicFrame}, Template: "views.html", Params: []string{"of"}, Live: true, Load: loadViews,
}

// A viewsView is the data of templates/views.html.
type viewsView struct {
	CSRF, Problem string
	Of, OfName    string // what would be kept, and as what
	Views         []savedView
}

// A savedView is one kept page.
type savedView struct{ Name, Path, Page, Filters, Since string }

// routeViews answers the forms of saved views.
func (s *server) routeViews(app *fiber.App) {
	app.Post(viewsPage.Path, func(c *fiber.Ctx) error {
		p := viewsPage
		name, of, do := field(c, "name"), field(c, "of"), field(c, "do")
		p.Load = func(ctx context.Context, r *request) (*content, error) { return r.changeViews(ctx, do, name, of) }
		return s.servePage(c, p)
	})
}

// viewer is whose views are shown: where nobody signs in, those of the machine.
func (r *request) viewer() access.Identity {
	if r.visitor.SignedIn() {
		return r.visitor.ID
	}
	return access.Identity{Issuer: "loopback", Subject: "reader"}
}

func (r *request) changeViews(ctx context.Context, do, name, of string) (*content, error) {
	if r.views == nil {
		return nil, fiber.ErrNotFound
	}
	var err error
	switch do {
	case "drop":
		err = r.views.DropView(r.viewer(), name)
	default:
		if _, ok := r.pageOf(of); !ok {
			err = access.ErrView
		} else {
			err = r.views.KeepView(r.viewer(), name, of)
		}
	}
	if err == nil {
		return &content{Location: viewsPage.Path}, nil
	}
	if !errors.Is(err, access.ErrView) {
		return nil, err
	}
	r.query["of"] = of
	answer, failed := loadViews(ctx, r)
	if failed != nil {
		return nil, failed
	}
	answer.Status, answer.Body.(*viewsView).Problem = fiber.StatusUnprocessableEntity, capital(err.Error())+"."
	return answer, nil
}

// pageOf finds the page of an address that somebody wants to keep.
func (r *request) pageOf(address string) (page, bool) {
	at, err := url.Parse(address)
	if err != nil || at.Host != "" || at.Scheme != "" {
		return page{}, false
	}
	for _, p := range r.pages {
		if p.Name != "" && p.admits(r.reader.Policy) == nil && (p.Path == at.Path || p.Also != "" && p.Also == at.Path) {
			return p, true
		}
	}
	return page{}, false
}

func loadViews(_ context.Context, r *request) (*content, error) {
	if r.views == nil {
		return nil, fiber.ErrNotFound
	}
	v := &viewsView{CSRF: r.csrf}
	for _, kept := range r.views.Views(r.viewer()) {
		line := savedView{Name: kept.Name, Path: kept.Path, Page: "not open to you any more", Since: r.instant(kept.At)}
		if p, ok := r.pageOf(kept.Path); ok {
			line.Page = p.Name
		}
		line.Filters = filterWords(kept.Path)
		v.Views = append(v.Views, line)
	}
	if p, ok := r.pageOf(r.query["of"]); ok {
		v.Of, v.OfName = r.query["of"], p.Name
		if words := filterWords(v.Of); words != "" {
			v.OfName += ", " + words
		}
	}
	title := "You have no saved views yet"
	switch n := len(v.Views); {
	case n == 1:
		title = "You have one saved view"
	case n > 1:
		title = "You have " + inWords(n) + " saved views"
	}
	return &content{Title: title, Lead: "A view is a page with its filters, under a name of yours; nobody else sees it. It opens with the data of the day.", Body: v}, nil
}

// filterWords writes the filters of an address: "unit C-03, period rolling12".
func filterWords(address string) string {
	_, query, _ := strings.Cut(address, "?")
	var words []string
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if text, err := url.QueryUnescape(value); err == nil && text != "" {
			words = append(words, strings.ReplaceAll(name, "_", " ")+" "+text)
		}
	}
	return strings.Join(words, ", ")
}

// keepLink is where the reader of a page keeps it.
func (r *request) keepLink(p page) string {
	if r.views == nil || p.Name == "" || p.Live {
		return ""
	}
	of := p.Path
	if q := strings.TrimSuffix(p.ownQuery(r.query), "&"); q != "" {
		of += "?" + q
	}
	return viewsPage.Path + "?" + url.Values{"of": {of}}.Encode()
}
