package dashboards

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
)

// ErrCannotFreeze is wrapped by what a Freeze refuses: the name is taken, or there is nothing.
var ErrCannotFreeze = errors.New("cannot be frozen")

// A Freeze keeps the competency gaps as they are shown now under a name, for good.
type Freeze func(ctx context.Context, name, note, by string) error

// routeSnapshots lets those who may freeze the competency gaps do so from their page.
func (s *server) routeSnapshots(app *fiber.App) {
	if s.Freeze != nil {
		app.Post("/gaps/snapshots", s.freezeGaps)
	}
}

// freezeGaps freezes the gaps for a reader who may, and writes down who did.
func (s *server) freezeGaps(c *fiber.Ctx) error {
	v := access.Of(c)
	if !v.Policy.Can(queries.ActionSnapshot) {
		return queries.Deny(queries.TopicCompetency, queries.Aggregate)
	}
	name, note := c.FormValue("name"), c.FormValue("note")
	if len(name) > 80 || len(note) > 200 {
		return fiber.NewError(fiber.StatusBadRequest, "name and note: at most 80 and 200 characters")
	}
	err := s.Access.Audit.Write(audit.Event{
		Kind: audit.Operator, By: audit.Identity(v.ID), Address: v.Address, What: "snapshot", Fields: map[string]string{"name": name, "note": note},
	})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := s.Freeze(c.UserContext(), name, note, v.ID.Issuer+":"+v.ID.Subject); err != nil {
		if errors.Is(err, ErrCannotFreeze) {
			return fiber.NewError(fiber.StatusConflict, err.Error())
		}
		return err
	}
	return c.Redirect("/gaps?snapshot="+url.QueryEscape(name)+"#snapshot", fiber.StatusSeeOther)
}

// freezes is the token of the form that freezes, for a reader who may.
func (r *request) freezes() string {
	if r.canFreeze && r.visitor.Policy.Can(queries.ActionSnapshot) {
		return r.csrf
	}
	return ""
}
