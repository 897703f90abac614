package dashboards

import (
	"context"
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/register"
	"dials/queries"
)

// A conflictLine is a field that somebody else changed in the meantime.
type conflictLine struct{ Label, Yours, Now string }

// A submission is a form that was sent.
type submission struct {
	values map[string][]string
}

func (s submission) get(name string) []string { return s.values[name] }

func submissionOf(c *fiber.Ctx) submission {
	sent := submission{values: map[string][]string{}}
	c.Request().PostArgs().VisitAll(func(k, v []byte) {
		sent.values[string(k)] = append(sent.values[string(k)], string(v))
	})
	return sent
}

// submit reads a form that was sent and keeps what it says, or shows it again with
// what is wrong.
func (r *request) submit(ctx context.Context, sent submission) (*content, error) {
	if err := r.mustRegister(); err != nil {
		return nil, err
	}
	e, ok := register.Find(one(sent.get("stream")))
	if !ok {
		return nil, fiber.NewError(fiber.StatusBadRequest, "stream: not a part of the register")
	}
	g, err := readRegister(ctx, r)
	if err != nil {
		return nil, err
	}
	var row *entryRow
	if one(sent.get("version")) != "" {
		if row, err = r.entryOf(g, e, func(name string) string { return one(sent.get("key." + name)) }); err != nil {
			return nil, err
		}
	}
	changes, errs := r.changesOf(g, e, row, sent)
	if errs == nil {
		changes, errs = r.keep(ctx, changes)
		if errs == nil {
			return &content{Location: r.doneAddress(e, changes)}, nil
		}
	}
	answer := r.formContent(g, e, row, sent.get, errs)
	answer.Status = fiber.StatusUnprocessableEntity
	if errs[""] == staleWords && row != nil {
		answer.Status = fiber.StatusConflict
		v := answer.Body.(*formView)
		v.Conflict = r.conflict(g, e, *row, sent)
	}
	return answer, nil
}

const staleWords = "Somebody else changed this entry while you had it open. Both are shown below; save again to replace theirs."

// changesOf reads what the form wants.
func (r *request) changesOf(g *registry, e register.Entry, row *entryRow, sent submission) ([]register.Change, register.Errors) {
	var held *register.Held
	if row != nil {
		held = row.held()
		held.Version = one(sent.get("version"))
	}
	if one(sent.get("do")) == "withdraw" && held != nil {
		if !row.entered() {
			return nil, register.Errors{"": "This entry is declared by " + row.Source + ": withdraw it there."}
		}
		return []register.Change{{Stream: e.Stream, Key: held.Key, Before: held.Values, Version: held.Version, Note: one(sent.get("note"))}}, nil
	}
	form := sent.get
	if !r.reader.Policy.Can(queries.ActionApprove) { // who may not approve cannot do so by a field of their own
		form = func(name string) []string {
			if f, _ := e.Field(name); f.Kind == register.Stamp {
				if held != nil && held.Values[name] != nil {
					return []string{"yes"}
				}
				return nil
			}
			return sent.get(name)
		}
	}
	changes, errs := e.Read(form, held, g, r.now)
	if len(errs) > 0 {
		return nil, errs
	}
	if held == nil && !e.IsOpen {
		for _, c := range changes {
			if taken := g.find(e, func(k string) string { return plainValue(c.Key[k]) }); taken != nil {
				return nil, register.Errors{"": "There is such an entry already, " + r.originOf(*taken) + ": change that one."}
			}
		}
	}
	return changes, nil
}

// keep hands changes to who knows the warehouse.
func (r *request) keep(ctx context.Context, changes []register.Change) ([]register.Change, register.Errors) {
	for i := range changes {
		c := &changes[i]
		c.Who, c.At, c.By, c.Address = r.who(), r.now, register.By(r.visitor.ID), r.visitor.Address
	}
	err := r.register.Apply(ctx, changes)
	switch {
	case err == nil:
		return changes, nil
	case errors.Is(err, register.ErrStale):
		return nil, register.Errors{"": staleWords}
	case errors.Is(err, register.ErrDeclared):
		return nil, register.Errors{"": "This entry is declared by a source: withdraw it there."}
	}
	r.log.Error("register", "err", err)
	return nil, register.Errors{"": "It could not be kept: nothing was changed. Try again in a minute."}
}

// who names the reader in the history.
func (r *request) who() string {
	if n := r.visitor.Name; n != "" {
		return n
	}
	return "a reader on this machine"
}

func (r *request) doneAddress(e register.Entry, changes []register.Change) string {
	done := "change"
	switch {
	case changes[0].After == nil:
		done = "withdraw"
	case changes[0].Version == "" || changes[0].Version == register.AnyVersion:
		done = "add"
	}
	return "/register?" + url.Values{"done": {done}}.Encode() + "#" + e.Stream
}

// conflict sets what the reader wants beside what is there now.
func (r *request) conflict(g *registry, e register.Entry, row entryRow, sent submission) []conflictLine {
	var lines []conflictLine
	for _, f := range e.Fields {
		if f.IsKey {
			continue
		}
		yours, now := one(sent.get(f.Name)), plainValue(row.values[f.Name])
		if f.Kind == register.Stamp && now != "" {
			now = "yes"
		}
		if yours != now {
			lines = append(lines, conflictLine{f.Label, orUnknown(wordOf(g, f, yours)), orUnknown(wordOf(g, f, now))})
		}
	}
	return lines
}

func orUnknown(text string) string {
	if text == "" {
		return unknown
	}
	return text
}

func wordOf(g *registry, f register.Field, value string) string {
	switch f.Kind {
	case register.Refers:
		return g.label(f.To, value)
	case register.OneOf:
		for _, o := range f.Options {
			if o.Value == value {
				return o.Words
			}
		}
	}
	return value
}
