// Package alerts tells people what they asked to be told: when a number passes a mark,
// a source has gone stale, a forecast slips or something is known better than before.
//
// Rules read queries of the pages through the gate, with the rights of whoever is told,
// and only what is about nobody or about groups. What was said, and what could not be
// delivered yet, is kept in a file beside the warehouse.
package alerts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"dials/queries"
)

// Options are what alerts are made of.
type Options struct {
	Config  Config
	Rules   []*Rule
	Digest  DigestRule
	Company string
	BaseURL string // of the pages, for links; "" leaves them out
	Path    string // of the file of what was said
	Marts   *queries.Marts
	Clock   func() time.Time
	Log     *slog.Logger
	Stdout  io.Writer
	Getenv  func(string) string
	// Page writes page 1 for a policy, as HTML and as text.
	Page func(ctx context.Context, policy queries.Policy, unit, period string) (Page, error)
	// Record puts a message on record before it leaves; one that cannot be does not.
	Record func(Message) error
	// Transport carries webhooks; nil is the network.
	Transport http.RoundTripper
}

// A Page is page 1 as it is mailed.
type Page struct{ Title, HTML, Text string }

// Alerts looks at rules and tells. It is for one goroutine at a time.
type Alerts struct {
	o Options
	s *store
}

// New opens the file of what was said.
func New(o Options) (*Alerts, error) {
	s, err := openStore(o.Path)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	return &Alerts{o: o, s: s}, nil
}

// Check looks at every rule, and delivers what there is to tell. What fails is logged
// and in the error; the other rules and messages go on.
func (a *Alerts) Check(ctx context.Context) error {
	now := a.o.Clock().UTC()
	var errs []error
	for _, rule := range a.o.Rules {
		for _, to := range rule.To {
			if err := a.look(ctx, rule, to, now); err != nil {
				errs = append(errs, fmt.Errorf("alert %q, as %s: %w", rule.Name, to.As, err))
			}
		}
	}
	if err := a.s.save(); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, a.deliver(ctx, now))
	return errors.Join(errs...)
}

// look judges one rule for one recipient, and puts what there is to tell into the outbox.
func (a *Alerts) look(ctx context.Context, rule *Rule, to Recipient, now time.Time) error {
	found, err := rule.find(ctx, a.o.Marts, to.policy, now)
	if err != nil {
		return err
	}
	for _, f := range found {
		state := a.s.state(strings.Join([]string{rule.Name, to.key(), to.As, f.key}, "\x1f"))
		news, what := state.step(rule, f, now)
		if news {
			a.s.Outbox = append(a.s.Outbox, a.message(rule, to, f, what, now))
		}
	}
	return nil
}

// Test tells a rule's recipients what it finds now, whether it is news or not.
func (a *Alerts) Test(ctx context.Context, name string) (sent []string, err error) {
	now := a.o.Clock().UTC()
	var errs []error
	known := false
	for _, rule := range a.o.Rules {
		if rule.Name != name && name != "" {
			continue
		}
		known = true
		for _, to := range rule.To {
			found, err := rule.find(ctx, a.o.Marts, to.policy, now)
			if err != nil {
				errs = append(errs, fmt.Errorf("alert %q, as %s: %w", rule.Name, to.As, err))
				continue
			}
			var lines []string
			for _, f := range found {
				state := "quiet"
				if f.fires {
					state = "ALERT"
				}
				lines = append(lines, state+": "+f.text)
			}
			m := a.message(rule, to, finding{label: rule.Name, text: strings.Join(lines, "\n")}, "test", now)
			if err := a.send(ctx, m); err != nil {
				errs = append(errs, fmt.Errorf("alert %q: %s: %w", rule.Name, to.name(), err))
				continue
			}
			sent = append(sent, fmt.Sprintf("%s: told %s as %s, of %d", rule.Name, to.name(), to.As, len(found)))
		}
	}
	if !known {
		errs = append(errs, fmt.Errorf("there is no [[alert]] %q", name))
	}
	return sent, errors.Join(errs...)
}

// SendDigest mails page 1 to everybody whom the digest names. Whoever could not be
// reached stays in the outbox.
func (a *Alerts) SendDigest(ctx context.Context) (sent []string, err error) {
	now := a.o.Clock().UTC()
	var errs []error
	for _, to := range a.o.Digest.To {
		p, err := a.o.Page(ctx, to.policy, a.o.Digest.Unit, a.o.Digest.Period)
		if err != nil {
			errs = append(errs, fmt.Errorf("digest, as %s: %w", to.As, err))
			continue
		}
		a.s.Outbox = append(a.s.Outbox, Message{
			ID: messageID(now, "digest", to.name()), Rule: "digest", What: "digest", Recipient: to, To: to.name(), As: to.As, At: now,
			Subject: a.o.Company + ": " + p.Title, Text: p.Text, HTML: p.HTML,
		})
		sent = append(sent, fmt.Sprintf("digest: to %s as %s", to.name(), to.As))
	}
	if err := a.s.save(); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, a.deliver(ctx, now))
	return sent, errors.Join(errs...)
}

// A Standing is how one rule stands for one recipient and thing.
type Standing struct {
	Alert    string    `json:"alert"`
	To       string    `json:"to"`
	As       string    `json:"as"`
	Thing    string    `json:"thing,omitempty"`
	State    string    `json:"state"` // quiet, pending or alert
	Since    time.Time `json:"since,omitzero"`
	Told     time.Time `json:"told,omitzero"`
	Text     string    `json:"text"`
	Waiting  int       `json:"waiting"` // messages that could not be delivered yet
	LastFail string    `json:"last_failure,omitempty"`
}

// List says how every rule stands, as of the last time it was looked at.
func (a *Alerts) List() []Standing { return a.s.list(a.o.Rules) }
