package dashboards

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/queries"
)

// grantsPath is the page on who may see what.
const grantsPath = "/access"

// A grantsView is the page on who may see what. It holds no secret, and no hash.
type grantsView struct {
	Problem, CSRF string
	People        []personView
	Grants, Ended []grantView
	Tokens        []tokenView
	Roles, To     []choice
	HasIssuer     bool
	Mapped        []grantView // groups of config.toml
	MayGrant      bool
	MayRevoke     bool
	Today         string
}

// A personView is an account, or a reader of the issuer who has signed in.
type personView struct {
	Name, Key, Kind, State, Person string
	Handle                         string // by which it is disabled
	IsDisabled                     bool
}

type grantView struct {
	ID, To, Role, Units, From, Until, By string
}

type tokenView struct {
	ID, Purpose, Scopes, Role, Units, By, Expires, Used, State string
	IsLive                                                     bool
}

// routeGrants adds the page and its changes.
func (s *server) routeGrants(app *fiber.App) {
	app.Get(grantsPath, func(c *fiber.Ctx) error { return s.showGrants(c, "") })
	for path, change := range map[string]func(*fiber.Ctx, access.Actor) error{
		"grant": s.addGrant, "end": s.endGrant, "disable": s.disableAccount, "enable": s.enableAccount, "bind": s.bindReader,
	} {
		app.Post(grantsPath+"/"+path, func(c *fiber.Ctx) error { return s.changeGrants(c, queries.ActionUsers, change) })
	}
	app.Post(grantsPath+"/revoke", func(c *fiber.Ctx) error {
		return s.changeGrants(c, queries.ActionTokens, func(c *fiber.Ctx, by access.Actor) error {
			return s.Access.Desk().RevokeToken(by, field(c, "id"))
		})
	})
}

func field(c *fiber.Ctx, name string) string {
	return strings.TrimSpace(string(c.Request().PostArgs().Peek(name)))
}

// changeGrants makes a change; what is wrong with it is said on the page itself.
func (s *server) changeGrants(c *fiber.Ctx, action queries.Action, change func(*fiber.Ctx, access.Actor) error) error {
	if !access.Of(c).Policy.Can(action) {
		return fmt.Errorf("access: %w", queries.ErrNotAllowed)
	}
	if err := change(c, s.Access.Actor(c)); err != nil {
		s.Log.Warn("change of access refused", "err", err)
		return s.showGrants(c, err.Error())
	}
	return c.Redirect(grantsPath, fiber.StatusSeeOther)
}

func (s *server) addGrant(c *fiber.Ctx, by access.Actor) error {
	to, err := s.principal(c)
	if err != nil {
		return err
	}
	g := access.Grant{To: to, Role: queries.Role(field(c, "role")), From: field(c, "from"), Until: field(c, "until")}
	g.Units = strings.FieldsFunc(field(c, "units"), func(r rune) bool { return r == ',' || r == ' ' })
	_, err = s.Access.Desk().Grant(by, g)
	return err
}

// principal is whom the form names: a group, or one of the people offered.
func (s *server) principal(c *fiber.Ctx) (access.Principal, error) {
	issuer := s.Access.Config.OIDC.Issuer
	if group := field(c, "group"); group != "" {
		return s.Access.Desk().Find("group:"+group, issuer)
	}
	i := slices.IndexFunc(s.people(), func(p personView) bool { return p.Key == field(c, "to") })
	if i < 0 {
		return access.Principal{}, errors.New("choose whom the grant is for")
	}
	kind, subject, _ := strings.Cut(field(c, "to"), "/")
	if kind != access.LocalIssuer {
		return access.Principal{Identity: access.Identity{Issuer: issuer, Subject: subject}}, nil
	}
	return access.Principal{Identity: access.Identity{Issuer: kind, Subject: subject}}, nil
}

func (s *server) endGrant(c *fiber.Ctx, by access.Actor) error {
	return s.Access.Desk().EndGrant(by, field(c, "id"))
}

func (s *server) disableAccount(c *fiber.Ctx, by access.Actor) error {
	return s.Access.Desk().Disable(by, field(c, "name"), s.Access.Config.OIDC.Issuer, true)
}

func (s *server) enableAccount(c *fiber.Ctx, by access.Actor) error {
	return s.Access.Desk().Disable(by, field(c, "name"), s.Access.Config.OIDC.Issuer, false)
}

func (s *server) bindReader(c *fiber.Ctx, by access.Actor) error {
	to, err := s.principal(c)
	if err != nil {
		return err
	}
	return s.Access.Desk().Bind(by, to.Identity, field(c, "person"))
}

// people lists accounts and the issuer's readers.
func (s *server) people() []personView {
	store := s.Access.Store
	var list []personView
	for _, a := range store.Accounts() {
		state := "may sign in"
		if a.DisabledAt != nil {
			state = "disabled since " + day(*a.DisabledAt)
		}
		list = append(list, personView{a.Name, access.LocalIssuer + "/" + a.Subject, "local account", state, store.Person(a.ID()), a.Name, a.DisabledAt != nil})
	}
	for _, k := range store.Readers() {
		state, out := "signed in "+day(k.LastAt), store.IsKeptOut(k.Identity)
		if out {
			state = "disabled"
		}
		list = append(list, personView{k.Name, "oidc/" + k.Subject, "by the issuer", state, store.Person(k.Identity), "oidc:" + k.Subject, out})
	}
	return list
}

func (s *server) showGrants(c *fiber.Ctx, problem string) error {
	v := access.Of(c)
	if !v.Policy.Can(queries.ActionUsers) && !v.Policy.Can(queries.ActionTokens) {
		return fmt.Errorf("access: %w", queries.ErrNotAllowed)
	}
	view := grantsView{
		Problem: problem, CSRF: s.csrfMark(), People: s.people(), HasIssuer: s.Access.IssuerName() != "",
		MayGrant: v.Policy.Can(queries.ActionUsers), MayRevoke: v.Policy.Can(queries.ActionTokens),
		Today: s.Clock().In(s.zone).Format(time.DateOnly),
	}
	names := map[string]string{}
	for _, p := range view.People {
		names[p.Key] = p.Name
		view.To = append(view.To, choice{p.Key, p.Name + " (" + p.Kind + ")", false})
	}
	for _, r := range queries.Roles() {
		view.Roles = append(view.Roles, choice{string(r), roleName(r), false})
	}
	for _, g := range s.Access.Store.Grants() {
		shown := grantView{g.ID, principalName(g.To, names), roleName(g.Role), unitWords(g.Units), g.From, g.Until, g.By}
		if g.EndedAt != nil || g.Until != "" && g.Until < view.Today {
			view.Ended = append(view.Ended, shown)
		} else {
			view.Grants = append(view.Grants, shown)
		}
	}
	for _, g := range s.Access.Config.OIDC.Groups {
		view.Mapped = append(view.Mapped, grantView{To: "group " + g.Name, Role: roleName(queries.Role(g.Role)), Units: unitWords(g.Units)})
	}
	view.Tokens = s.tokenViews()
	status := fiber.StatusOK
	if problem != "" {
		status = fiber.StatusBadRequest
	}
	html, err := s.render(accessPage, &frame{
		Title: grantsTitle(view), Lead: "Roles over different units are never added up: their reader chooses in which to look.",
		Heading: "Grants", Path: grantsPath, Body: view, policy: v.Policy,
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Status(status).Type("html", "utf-8")
	return s.send(c, newRendered(status, html))
}

// grantsTitle is the answer of the page.
func grantsTitle(v grantsView) string {
	live := 0
	for _, t := range v.Tokens {
		if t.IsLive {
			live++
		}
	}
	return fmt.Sprintf("%s in force and %s live", numbered(len(v.Grants)+len(v.Mapped), "grant is", "grants are"), numbered(live, "token is", "tokens are"))
}

func numbered(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func principalName(p access.Principal, names map[string]string) string {
	switch {
	case p.Group != "":
		return "group " + p.Group
	case p.Issuer == access.LocalIssuer:
		return names[access.LocalIssuer+"/"+p.Subject]
	}
	if name := names["oidc/"+p.Subject]; name != "" {
		return name
	}
	return p.Subject
}

func unitWords(units []string) string {
	if len(units) == 1 && units[0] == queries.EveryUnit {
		return "whole company"
	}
	return strings.Join(units, ", ")
}

func (s *server) tokenViews() []tokenView {
	var list []tokenView
	now := s.Clock()
	for _, t := range s.Access.Store.Tokens() {
		shown := tokenView{
			ID: t.ID, Purpose: t.Purpose, Scopes: strings.Join(t.Scopes, ", "), Role: roleName(t.Role), Units: unitWords(t.Units),
			By: t.By, Expires: day(t.ExpiresAt), Used: "never", State: "live", IsLive: true,
		}
		if t.UsedAt != nil {
			shown.Used = t.UsedAt.In(s.zone).Format("2006-01-02 15:04")
		}
		switch {
		case t.RevokedAt != nil:
			shown.State, shown.IsLive = "revoked "+day(*t.RevokedAt), false
		case !now.Before(t.ExpiresAt):
			shown.State, shown.IsLive = "expired", false
		}
		list = append(list, shown)
	}
	return list
}
