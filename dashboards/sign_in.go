package dashboards

import (
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
)

// Templates of signing in and out.
const (
	signInPage    = "sign_in.html"
	signedOutPage = "signed_out.html"
	accessPage    = "access.html"
)

// A signIn is the form of the sign-in page.
type signIn struct {
	Problem, Name, To string
	Local             bool
	Issuer, Start     string
}

// routeAccess adds signing in and out, and the page of grants.
func (s *server) routeAccess(app *fiber.App) {
	if !s.Access.SignsIn() {
		return
	}
	app.Get(access.PathSignIn, s.showSignIn)
	app.Post(access.PathSignIn, s.signIn)
	app.Get(access.PathStart, func(c *fiber.Ctx) error {
		to, err := s.Access.Start(c)
		if err != nil {
			return err
		}
		return c.Redirect(to, fiber.StatusSeeOther)
	})
	app.Get(access.PathCallback, func(c *fiber.Ctx) error {
		to, err := s.Access.Finish(c)
		if err != nil {
			return err
		}
		return c.Redirect(to, fiber.StatusSeeOther)
	})
	app.Post(access.PathRole, func(c *fiber.Ctx) error {
		s.Access.Choose(c)
		return c.Redirect("/", fiber.StatusSeeOther)
	})
	app.Post(access.PathSignOut, func(c *fiber.Ctx) error {
		to, err := s.Access.SignOut(c)
		if err != nil {
			return err
		}
		c.Set("Clear-Site-Data", `"cache"`) // the browser keeps no page to go back to
		return c.Redirect(to, fiber.StatusSeeOther)
	})
	app.Get(access.PathSignedOut, func(c *fiber.Ctx) error {
		return s.showBare(c, fiber.StatusOK, signedOutPage, "You are signed out", nil)
	})
	s.routeGrants(app)
}

func (s *server) showSignIn(c *fiber.Ctx) error {
	to := access.SafeReturn(c.Query("to"))
	if v := access.Of(c); v.SignedIn() {
		return c.Redirect(to, fiber.StatusSeeOther)
	}
	return s.showSignInForm(c, fiber.StatusOK, signIn{To: to})
}

func (s *server) showSignInForm(c *fiber.Ctx, status int, form signIn) error {
	form.Local, form.Issuer = s.Access.Local(), s.Access.IssuerName()
	form.Start = access.PathStart + "?to=" + url.QueryEscape(form.To)
	return s.showBare(c, status, signInPage, "Sign in to see the dials", form)
}

// showBare shows a page to somebody who is not signed in.
func (s *server) showBare(c *fiber.Ctx, status int, template, title string, body any) error {
	html, err := s.render(template, &frame{Title: title, Heading: title, Bare: true, Body: body})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Status(status).Type("html", "utf-8")
	return s.send(c, newRendered(status, html))
}

// signIn answers the form. Whatever did not fit, the answer is the same.
func (s *server) signIn(c *fiber.Ctx) error {
	to, err := s.Access.SignIn(c)
	if errors.Is(err, access.ErrRefused) {
		s.Log.Info("sign-in refused", "address", access.Of(c).Address)
		return s.showSignInForm(c, fiber.StatusUnauthorized, signIn{
			Problem: "The name or the password is not right. Each further attempt takes a little longer.",
			Name:    string(c.Request().PostArgs().Peek("name")), To: to,
		})
	}
	if err != nil {
		return err
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}
