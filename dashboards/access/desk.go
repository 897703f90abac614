package access

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dials/dashboards/audit"
	"dials/queries"
)

// A Desk changes accounts, grants and tokens, and writes down each change before
// it is made.
type Desk struct {
	Store *Store
	Audit *audit.Log
	Clock func() time.Time
}

// NewDesk returns the desk of a store.
func NewDesk(store *Store, log *audit.Log, clock func() time.Time) *Desk {
	return &Desk{Store: store, Audit: log, Clock: clock}
}

// An Actor is who changes something.
type Actor struct {
	ID      audit.Identity
	Name    string // kept with what they changed
	Address string
	Groups  []string // of the issuer, to tell a grant to oneself
}

// change writes down what is about to be done, and does it. What could not be
// done is written down too.
func (d *Desk) change(by Actor, kind audit.Kind, what string, about []audit.Identity, fields map[string]string, do func() error) error {
	maps.DeleteFunc(fields, func(_, value string) bool { return value == "" })
	event := audit.Event{
		At: d.Clock(), Kind: kind, By: by.ID, Address: by.Address, What: what, About: about, Fields: fields,
	}
	if err := d.Audit.Write(event); err != nil {
		return err
	}
	err := do()
	if err == nil {
		return nil
	}
	event.What, event.Fields, event.At = what+" failed", nil, d.Clock()
	return errors.Join(err, d.Audit.Write(event))
}

// AddAccount adds a local account, with the grants that are given to it.
func (d *Desk) AddAccount(ctx context.Context, by Actor, name, password string, grants []Grant, person string) (Account, error) {
	if err := checkName(name); err != nil {
		return Account{}, err
	}
	for _, g := range grants {
		if err := checkGrant(g.Role, g.Units); err != nil {
			return Account{}, err
		}
	}
	hash, err := d.hash(ctx, name, password)
	if err != nil {
		return Account{}, err
	}
	if _, taken := d.Store.Account(name); taken {
		return Account{}, fmt.Errorf("account %q is there already: \"dials user passwd %s\" sets its password", name, name)
	}
	added := d.Store.newAccount(name, hash)
	err = d.change(by, audit.Account, "account added", about(added.ID()), nil, func() error { return d.Store.addAccount(added) })
	if err != nil {
		return added, err
	}
	for _, g := range grants {
		g.To = Principal{Identity: added.ID()}
		if _, err := d.Grant(by, g); err != nil {
			return added, err
		}
	}
	if person != "" {
		return added, d.Bind(by, added.ID(), person)
	}
	return added, nil
}

func (d *Desk) hash(ctx context.Context, name, password string) (string, error) {
	if err := checkPassword(name, password); err != nil {
		return "", err
	}
	return d.Store.hasher.hash(ctx, password)
}

// SetPassword sets the password of an account and ends its sessions.
func (d *Desk) SetPassword(ctx context.Context, by Actor, name, password string) error {
	account, ok := d.Store.Account(name)
	if !ok {
		return fmt.Errorf("account %q %w: \"dials user list\" lists all", name, ErrUnknown)
	}
	hash, err := d.hash(ctx, account.Name, password)
	if err != nil {
		return err
	}
	return d.change(by, audit.Account, "password set", about(account.ID()), nil, func() error { return d.Store.SetPassword(name, hash) })
}

// Disable ends an account at once, or lets it sign in again; oidc:SUBJECT is a reader of the issuer.
func (d *Desk) Disable(by Actor, name, issuer string, disabled bool) error {
	what := "account enabled"
	if disabled {
		what = "account disabled"
	}
	if strings.HasPrefix(name, "oidc:") {
		to, err := d.Find(name, issuer)
		if err != nil {
			return err
		}
		return d.change(by, audit.Account, what, about(to.Identity), nil, func() error { return d.Store.KeepOut(to.Identity, disabled, by.Name) })
	}
	account, ok := d.Store.Account(name)
	if !ok {
		return fmt.Errorf("account %q %w: \"dials user list\" lists all", name, ErrUnknown)
	}
	return d.change(by, audit.Account, what, about(account.ID()), nil, func() error { return d.Store.Disable(name, disabled) })
}

func about(id Identity) []audit.Identity {
	if id.Subject == "" {
		return nil
	}
	return []audit.Identity{audit.Identity(id)}
}

// toOneself reports whether a grant is for whoever gives it.
func toOneself(by Actor, to Principal) bool {
	return to.Subject != "" && by.ID == audit.Identity(to.Identity) ||
		to.Group != "" && by.ID.Issuer == to.Issuer && slices.Contains(by.Groups, to.Group)
}

// Grant gives a role over units.
func (d *Desk) Grant(by Actor, g Grant) (Grant, error) {
	if g.From == "" {
		g.From = d.Clock().Format(time.DateOnly)
	}
	if err := errors.Join(checkGrant(g.Role, g.Units), checkDays(g.From, g.Until), g.To.check()); err != nil {
		return g, err
	}
	g.By = by.Name
	fields := map[string]string{"role": string(g.Role), "units": strings.Join(g.Units, " "), "from": g.From, "until": g.Until, "group": g.To.Group}
	kind, what := audit.Grant, "grant"
	if toOneself(by, g.To) {
		kind, what = audit.GrantSelf, "grant to oneself"
	}
	err := d.change(by, kind, what, about(g.To.Identity), fields, func() (err error) {
		g, err = d.Store.AddGrant(g)
		return err
	})
	return g, err
}

// EndGrant ends a grant at once.
func (d *Desk) EndGrant(by Actor, id string) error {
	i := slices.IndexFunc(d.Store.Grants(), func(g Grant) bool { return g.ID == id && g.EndedAt == nil })
	if i < 0 {
		return fmt.Errorf("grant %q %w, or has ended", id, ErrUnknown)
	}
	g := d.Store.Grants()[i]
	fields := map[string]string{"role": string(g.Role), "units": strings.Join(g.Units, " "), "group": g.To.Group}
	return d.change(by, audit.Grant, "grant ended", about(g.To.Identity), fields, func() error {
		_, err := d.Store.EndGrant(id, by.Name)
		return err
	})
}

// Bind says which person a reader is; the empty person unbinds.
func (d *Desk) Bind(by Actor, id Identity, person string) error {
	kind, what, whom := audit.Grant, "bound to a person", about(id)
	if person == "" {
		what = "unbound"
	} else {
		whom = append(whom, audit.Identity{Issuer: audit.PersonIssuer, Subject: person})
	}
	if by.ID == audit.Identity(id) {
		kind, what = audit.GrantSelf, "oneself "+what
	}
	return d.change(by, kind, what, whom, nil, func() error { return d.Store.Bind(id, person, by.Name) })
}

// CreateToken adds a token and returns its secret.
func (d *Desk) CreateToken(by Actor, t Token) (created Token, secret string, err error) {
	if t.Role == "" {
		t.Role = queries.Analyst
	}
	if err := t.check(d.Clock()); err != nil {
		return t, "", err
	}
	t.By = by.Name
	fields := map[string]string{
		"role": string(t.Role), "units": strings.Join(t.Units, " "), "scopes": strings.Join(t.Scopes, " "),
		"purpose": t.Purpose, "expires": t.ExpiresAt.Format(time.DateOnly),
	}
	err = d.change(by, audit.Token, "token created", nil, fields, func() (err error) {
		created, secret, err = d.Store.CreateToken(t)
		return err
	})
	return created, secret, err
}

// RevokeToken ends a token at once.
func (d *Desk) RevokeToken(by Actor, id string) error {
	if !slices.ContainsFunc(d.Store.Tokens(), func(t Token) bool { return t.ID == id && t.RevokedAt == nil }) {
		return fmt.Errorf("token %q %w, or is revoked", id, ErrUnknown)
	}
	return d.change(by, audit.Token, "token revoked", nil, map[string]string{"token": id}, func() error { return d.Store.RevokeToken(id, by.Name) })
}

// Find returns the principal that text names: an account, "oidc:SUBJECT" or
// "group:NAME" of the issuer.
func (d *Desk) Find(text, issuer string) (Principal, error) {
	kind, rest, prefixed := strings.Cut(text, ":")
	switch {
	case prefixed && (kind == "oidc" || kind == "group") && issuer == "":
		return Principal{}, fmt.Errorf("%q: [access.oidc] names no issuer", text)
	case prefixed && kind == "oidc":
		p := Principal{Identity: Identity{issuer, rest}}
		return p, p.check()
	case prefixed && kind == "group":
		p := Principal{Identity: Identity{Issuer: issuer}, Group: rest}
		return p, p.check()
	}
	account, ok := d.Store.Account(text)
	if !ok {
		return Principal{}, fmt.Errorf("account %q %w: \"dials user list\" lists all; oidc:SUBJECT and group:NAME name those of the issuer", text, ErrUnknown)
	}
	return Principal{Identity: account.ID()}, nil
}
