// Package access knows who asks and what they may see: sign-in by an OpenID
// Connect issuer or by a local account, sessions, tokens of programs, and the
// grants of roles over org subtrees. Its middleware puts a [Visitor] into every
// request, anew each time, so that what is taken away is gone with the next click.
//
// It decides nothing about rows: that is the gate's, in package queries, which is
// given the visitor's policy.
package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/audit"
	"dials/queries"
)

// Options are what access is made of.
type Options struct {
	Config Config
	Server Server
	Store  *Store     // nil: no accounts, grants or tokens
	Audit  *audit.Log // nil writes nothing
	Off    []string   // sensitive views that are off for everybody
	Zone   *time.Location
	Clock  func() time.Time // nil is time.Now
	Log    *slog.Logger     // nil discards
	Client *http.Client     // for the issuer; nil is one with timeouts

	// Wait pauses a slowed sign-in; nil waits.
	Wait func(ctx context.Context, d time.Duration) error
}

// Access knows who asks.
type Access struct {
	Options
	base     *url.URL // nil: any name of loopback
	proxies  []netip.Prefix
	sessions *sessions
	slow     *slowness
	issuer   *issuer // nil without OpenID Connect

	perAddress, perAccount, signIns *limit
	refusals                        refusals
}

// Open is access without sign-in, for loopback: everybody is the reader of
// queries.OpenPolicy. trial lets them change the register.
func Open(trial bool) *Access {
	s := DefaultServer()
	s.Trial = trial
	a, err := New(Options{Config: DefaultConfig(), Server: s})
	if err != nil {
		panic(err) // the defaults are right
	}
	return a
}

// New checks the configuration and returns access as it says. It does not wait
// for the issuer.
func New(o Options) (*Access, error) {
	if err := errors.Join(o.Config.Validate(), o.Server.Validate(o.Config.SignsIn())); err != nil {
		return nil, err
	}
	if o.Config.SignsIn() && o.Store == nil {
		return nil, errors.New("access: sign-in without a store of grants")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	a := &Access{
		Options: o, sessions: newSessions(o.Config.idle(), o.Config.absolute()),
		slow:       newSlowness(o.Wait),
		perAddress: newLimit(o.Server.AddressPerMinute), perAccount: newLimit(o.Server.AccountPerMinute),
		signIns: newLimit(o.Server.SignInsPerMinute), refusals: refusals{limit: newLimit(refusalsPerMinute)},
	}
	var err error
	if a.proxies, err = parseProxies(o.Server.TrustedProxies); err != nil {
		return nil, fmt.Errorf("server.trusted_proxies: %w", err)
	}
	if o.Server.BaseURL != "" {
		if a.base, err = parseOrigin(o.Server.BaseURL); err != nil {
			return nil, fmt.Errorf("server.base_url: %w", err)
		}
	}
	if o.Config.OIDC.Issuer != "" {
		if a.issuer, err = newIssuer(o.Config.OIDC, os.Getenv(o.Config.OIDC.ClientSecretEnv), cmp.Or(o.Client, defaultClient()), o.Clock); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// SignsIn reports whether readers sign in.
func (a *Access) SignsIn() bool { return a.Config.SignsIn() }

// Local reports whether there are local accounts.
func (a *Access) Local() bool { return a.Config.Local }

// IssuerName is what the sign-in page calls the issuer; "" if there is none.
func (a *Access) IssuerName() string {
	if a.issuer == nil {
		return ""
	}
	return cmp.Or(a.Config.OIDC.Name, "your company account")
}

// Desk is where accounts, grants and tokens are changed.
func (a *Access) Desk() *Desk {
	return NewDesk(a.Store, a.Audit, func() time.Time { return a.Clock().In(a.Zone) })
}

// Actor is the reader of a request as one who changes something.
func (a *Access) Actor(c *fiber.Ctx) Actor {
	v := Of(c)
	by := Actor{ID: audit.Identity(v.ID), Name: v.Name, Address: v.Address}
	if s, ok := a.session(c); ok {
		by.Groups = s.groups
	}
	return by
}

// today is the company's day, by which grants begin and end.
func (a *Access) today() string { return a.Clock().In(a.Zone).Format(time.DateOnly) }

// visitor returns what the reader of a session may see now.
func (a *Access) visitor(s session) Visitor {
	v := Visitor{ID: s.id, Name: s.name, CSRF: s.csrf(), Session: s.tag}
	if a.Store.IsKeptOut(s.id) {
		v.Policy, v.Reason = queries.Policy{Off: a.Off}, "an administrator has disabled you here"
		return v
	}
	granted := a.Store.granted(s.id, s.groups, a.today())
	if s.id.Issuer == a.Config.OIDC.Issuer {
		for _, g := range a.Config.OIDC.Groups {
			if slices.Contains(s.groups, g.Name) {
				granted = append(granted, Grant{Role: queries.Role(g.Role), Units: g.Units})
			}
		}
	}
	v.Roles = choices(granted)
	v.Policy = queries.Policy{Off: a.Off}
	if len(v.Roles) == 0 {
		v.Reason = cmp.Or(s.reason, "no role was granted to you")
		v.Roles = nil
		return v
	}
	active := max(slices.IndexFunc(v.Roles, func(c Choice) bool { return c.Key == s.choice }), 0)
	v.Roles[active].IsActive = true
	v.Policy.Roles, v.Policy.Units = v.Roles[active].Roles, v.Roles[active].Units
	v.Policy.Person = a.person(s)
	return v
}

// person returns which person a reader is: by an admin or by the issuer's claim.
// Where the two disagree nobody knows, and there is no own line.
func (a *Access) person(s session) string {
	bound := a.Store.Person(s.id)
	if bound != "" && s.person != "" && bound != s.person {
		return ""
	}
	return cmp.Or(bound, s.person)
}

// tokenVisitor returns what a program may see now.
func (a *Access) tokenVisitor(t Token) Visitor {
	return Visitor{
		ID: Identity{TokenIssuer, t.ID}, Name: "token " + t.ID, Token: true, Scopes: t.Scopes, Purpose: t.Purpose,
		Policy: queries.Policy{Roles: []queries.Role{t.Role}, Units: t.Units, Off: a.Off}, Session: t.ID,
	}
}

// note writes an event to the audit.
func (a *Access) note(v Visitor, kind audit.Kind, what string, fields map[string]string) error {
	return a.Audit.Write(audit.Event{
		At: a.Clock(), Kind: kind, By: audit.Identity(v.ID), Address: v.Address, What: what, Fields: fields,
	})
}

// Note writes an event of a request to the audit; an error goes to the log.
func (a *Access) Note(c *fiber.Ctx, kind audit.Kind, what string, fields map[string]string) {
	if err := a.note(Of(c), kind, what, fields); err != nil {
		a.Log.Error("audit failed", "kind", string(kind), "err", err)
	}
}
