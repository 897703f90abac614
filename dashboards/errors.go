package dashboards

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
)

// A mistake is what a reader is told when there is no page.
type mistake struct {
	Status        int
	Title, Advice string
	SignIn        bool // offers to begin signing in again
	SignOut       bool // offers to sign out, where no menu does
}

// explain maps errors to HTTP, once.
func explain(err error) mistake {
	var (
		known   *fiber.Error
		noRole  *access.NoRole
		refused *access.Refusal
		denied  *queries.Denial
	)
	switch {
	case errors.As(err, &noRole):
		return mistake{
			fiber.StatusForbidden, "You are signed in, but nothing is open to you yet",
			"Why: " + noRole.Reason + ". Ask whoever runs Dials to grant you a role.", false, true,
		}
	case errors.As(err, &refused) && errors.Is(err, access.ErrIssuer):
		return mistake{Status: fiber.StatusServiceUnavailable, Title: "You could not be signed in", Advice: refused.Advice, SignIn: true}
	case errors.As(err, &refused):
		return mistake{Status: fiber.StatusForbidden, Title: "You could not be signed in", Advice: refused.Advice, SignIn: true}
	case errors.Is(err, access.ErrBusy):
		return mistake{fiber.StatusServiceUnavailable, "Many people are signing in just now", "Try again in a minute.", true, false}
	case errors.As(err, &denied):
		return mistake{Status: fiber.StatusForbidden, Title: "This is not open to you", Advice: deniedTo(denied)}
	case errors.Is(err, queries.ErrNotAllowed):
		return mistake{Status: fiber.StatusForbidden, Title: "This is not open to you", Advice: "Your role does not reach it. Ask whoever runs Dials if you need it for your work."}
	case errors.As(err, &known) && known.Code == fiber.StatusNotFound:
		return mistake{Status: known.Code, Title: "There is no such page", Advice: "The address may be mistyped, or the page is not part of this version."}
	case errors.As(err, &known) && known.Code < 500:
		return mistake{Status: known.Code, Title: "That request cannot be answered", Advice: known.Message, SignIn: known.Code == fiber.StatusUnauthorized}
	case errors.Is(err, context.DeadlineExceeded):
		return mistake{Status: fiber.StatusServiceUnavailable, Title: "This took too long", Advice: "Try again in a minute, or ask for a shorter period."}
	}
	return mistake{Status: fiber.StatusInternalServerError, Title: "Something went wrong on our side", Advice: "It has been noted in the log. Try again, or go back to the results."}
}

// deniedTo says who may see what was denied.
func deniedTo(d *queries.Denial) string {
	switch {
	case d.Outside:
		return "It is about a unit that was not granted to you. Choose one of yours, or ask whoever runs Dials if you need it for your work."
	case d.Whole:
		return "It is about the whole company, for readers to whom the whole company was granted. Ask whoever runs Dials if you need it for your work."
	case len(d.Roles) == 0:
		return "Nobody sees this here: it is switched off, or not kept."
	}
	names := make([]string, len(d.Roles))
	for i, r := range d.Roles {
		names[i] = string(r)
	}
	return "It is for the role " + strings.Join(names, ", ") + ". Ask whoever runs Dials if you need it for your work."
}

// reportError logs what went wrong and shows the reader only what is theirs to mend.
func (s *server) reportError(c *fiber.Ctx, err error) error {
	c.Response().Header.Del(fiber.HeaderETag)
	c.Response().Header.Del(fiber.HeaderContentEncoding)
	s.Access.Secure(c)
	if !access.Reached(c) {
		return refuseShortly(c, err)
	}
	m := explain(err)
	if m.Status >= 500 {
		s.Log.Error("request failed", "request", c.GetRespHeader(fiber.HeaderXRequestID), "path", c.Path(), "err", err)
	} else if m.SignIn {
		s.Log.Info("sign-in refused", "err", err)
	}
	v := access.Of(c)
	if v.SignedIn() && (errors.Is(err, queries.ErrNotAllowed) || v.Reason != "") {
		s.Access.Note(c, audit.Denied, c.Path(), nil)
	}
	if wantsProblem(c) {
		return sendProblem(c, m)
	}
	html, renderErr := s.render(errorPage, &frame{policy: v.Policy, Title: m.Title, Body: m, Heading: m.Title, Bare: len(v.Policy.Roles) == 0 && s.Access.SignsIn()})
	if renderErr != nil {
		s.Log.Error("error page failed", "err", renderErr)
		return c.Status(m.Status).SendString(m.Title + ": " + m.Advice)
	}
	c.Status(m.Status).Type("html", "utf-8")
	return s.send(c, newRendered(m.Status, html))
}

// refuseShortly answers a request that was refused before it was known who asks: a
// line of text, in which nothing of the request comes back.
func refuseShortly(c *fiber.Ctx, err error) error {
	status, why := fiber.StatusBadRequest, ""
	var known *fiber.Error
	if errors.As(err, &known) {
		status = known.Code
		if access.Begun(c) {
			why = ": " + known.Message
		}
	}
	if status >= 500 { // the client went away in the middle
		status = fiber.StatusBadRequest
	}
	c.Type("txt", "utf-8")
	return c.Status(status).SendString(strings.ToLower(http.StatusText(status)) + why + "\n")
}
