package dashboards

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
)

// panelPath is where the panel behind a verdict is taken away.
const panelPath = "/impact/panel.csv"

// routeImpact answers what the story hands out beside its page.
func (s *server) routeImpact(app *fiber.App) {
	app.Get(panelPath, s.servePanel)
}

// servePanel sends the panel behind a verdict as CSV, and notes who took it.
func (s *server) servePanel(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), pageTimeout)
	defer cancel()
	v := access.Of(c)
	link := c.Query("link")
	p, err := queries.PanelOf(ctx, s.marts, queries.Reader{Policy: v.Policy}, link)
	if errors.Is(err, queries.ErrNoPanel) {
		return fiber.NewError(fiber.StatusNotFound, err.Error())
	}
	if err != nil {
		return err
	}
	text, err := panelCSV(p)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	err = s.Access.Audit.Write(audit.Event{
		At: s.Clock(), Kind: audit.Extract, By: audit.Identity(v.ID), Address: v.Address, What: "panel " + link, Reason: v.Purpose,
		Fields: map[string]string{"rows": strconv.Itoa(p.Rows), "sha256": hex.EncodeToString(sum[:])},
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="panel.csv"`)
	return c.Send(text)
}

// panelCSV writes a panel so that "dials estimate" reads the same numbers back.
func panelCSV(p queries.PanelExtract) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := make([]string, len(p.Columns))
	for i, c := range p.Columns {
		line[i] = c.Name
	}
	if err := w.Write(line); err != nil {
		return nil, err
	}
	for r := range p.Rows {
		for i, c := range p.Columns {
			if c.Text != nil {
				line[i] = c.Text[r]
				continue
			}
			line[i] = strconv.FormatFloat(c.Numbers[r], 'g', -1, 64)
		}
		if err := w.Write(line); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// A panelNote says what can be taken away and how it repeats the number.
type panelNote struct{ Link, Text, Command, After string }

// panelNote is nil where there is nothing to take away.
func (r *request) panelNote(d *impactData) *panelNote {
	row := d.row
	if row.Effect == nil || !r.reader.Policy.Whole() {
		return nil
	}
	n := &panelNote{Link: panelPath + "?link=" + queryEscape(row.LinkID), Command: deref(row.Command)}
	switch {
	case row.IsPeople:
		n.Text = "Take the counts of both arms away"
		n.Command = ""
		n.After = "They give the plain difference; what the estimate adjusts for are traits of people, and these never leave Dials."
	case d.dial.ComputedFrom != nil:
		return nil
	default:
		n.Text = "Take the panel away (CSV)"
		n.After = fmt.Sprintf("Save it as panel.csv; the command gives %s on its scale.", r.plainNumber(*row.Effect))
		if deref(row.Design) == "its" {
			n.After = strings.Replace(n.After, " on its scale", " as “average effect”", 1)
		}
	}
	return n
}
