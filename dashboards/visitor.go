package dashboards

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/hex"
	"html/template"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/queries"
)

// Pages are kept by policy, and many readers share one. What belongs to one
// reader alone, their menu and what their forms carry, stands in a kept page as a
// mark, and is put in when the page is sent.

// marks are random, so that nothing in the data can be taken for one.
type marks struct {
	csrf, menu string
	writers    *sync.Pool // of gzip
}

func newMarks() marks {
	random := func() string {
		b := make([]byte, 16)
		_, _ = rand.Read(b) // it never returns an error
		return hex.EncodeToString(b)
	}
	return marks{
		csrf: "csrf-" + random(), menu: "menu-" + random(),
		writers: &sync.Pool{New: func() any {
			w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
			if err != nil {
				panic(err) // the level is a constant
			}
			return w
		}},
	}
}

// A userMenu says who is signed in, and lets them out.
type userMenu struct {
	Name, Role, CSRF string
	Choices          []choice
	HasAccess        bool // may see the page of grants
	HasRights        bool // may see the table of roles
	HasAudit         bool
	Views            []access.View
}

// menuOf is the menu of a visitor.
func (s *server) menuOf(v access.Visitor) userMenu {
	m := userMenu{
		Views: s.Access.Store.Views(v.ID),
		Name:  v.Name, Role: roleWords(v.Policy.Roles, v.Policy.Units), CSRF: v.CSRF,
		HasAccess: v.Policy.Can(queries.ActionUsers) || v.Policy.Can(queries.ActionTokens),
		HasRights: v.Policy.May(queries.TopicAccess, queries.None), HasAudit: v.Policy.Can(queries.ActionAudit),
	}
	if len(v.Roles) > 1 {
		for _, c := range v.Roles {
			m.Choices = append(m.Choices, choice{c.Key, roleWords(c.Roles, c.Units), c.IsActive})
		}
	}
	return m
}

// roleWords names roles and the units that they are over.
func roleWords(roles []queries.Role, units []string) string {
	if len(roles) == 0 {
		return "no role"
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = roleName(r)
	}
	text := strings.Join(names, ", ")
	switch {
	case len(units) == 0:
	case units[0] == queries.EveryUnit:
		text += " · whole company"
	default:
		text += " · " + strings.Join(units, ", ")
	}
	return text
}

// roleName is a role as people write it.
func roleName(r queries.Role) string {
	switch r {
	case queries.HR, queries.DPO:
		return strings.ToUpper(string(r))
	}
	return strings.ToUpper(string(r)[:1]) + string(r)[1:]
}

// csrfMark is what the forms of a page carry until it is sent.
func (s *server) csrfMark() string {
	if !s.Access.SignsIn() {
		return ""
	}
	return s.marks.csrf
}

// send sends a page, with what belongs to its reader put in.
func (s *server) send(c *fiber.Ctx, page *rendered) error {
	if !s.Access.SignsIn() {
		return sendBest(c, page.html, page.brotli, page.gzip)
	}
	v := access.Of(c)
	var menu bytes.Buffer
	if v.SignedIn() {
		if err := s.menu.ExecuteTemplate(&menu, "user", s.menuOf(v)); err != nil {
			return err
		}
	}
	html := bytes.ReplaceAll(page.html, []byte(s.marks.menu), menu.Bytes())
	html = bytes.ReplaceAll(html, []byte(s.marks.csrf), []byte(v.CSRF))
	c.Vary(fiber.HeaderAcceptEncoding)
	if !accepts(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		return c.Send(html)
	}
	w, _ := s.marks.writers.Get().(*gzip.Writer)
	defer s.marks.writers.Put(w)
	var packed bytes.Buffer
	w.Reset(&packed)
	_, _ = w.Write(html) // a bytes.Buffer takes everything
	_ = w.Close()
	c.Set(fiber.HeaderContentEncoding, "gzip")
	return c.Send(packed.Bytes())
}

// visitorTag tells apart what different readers are sent of one kept page.
func visitorTag(v access.Visitor) string {
	tag := v.Session
	for _, c := range v.Roles {
		tag += " " + c.Key
	}
	return tag
}

// parseMenu reads the template of the menu.
func parseMenu() (*template.Template, error) {
	return template.ParseFS(templateFiles, "templates/user.html")
}
