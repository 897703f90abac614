package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/gofiber/fiber/v2"
	"golang.org/x/oauth2"

	"dials/dashboards/audit"
)

// ErrRefused is the one answer to a name or password that does not fit.
var ErrRefused = errors.New("the name or the password is not right")

// A Refusal says to the reader why the issuer's sign-in came to nothing.
type Refusal struct {
	Advice string
	Err    error // for the log
}

// Error is for the log.
func (r *Refusal) Error() string { return "sign-in: " + r.Err.Error() }

// Unwrap returns what went wrong.
func (r *Refusal) Unwrap() error { return r.Err }

// signInTimeout bounds how long a sign-in waits for its turn and for the issuer.
const signInTimeout = 20 * time.Second

// SignIn checks the form of the sign-in page, starts a session and returns where
// to go. ErrRefused is the only thing it says of a wrong name, a wrong password and
// a disabled account, and it takes as long for each.
func (a *Access) SignIn(c *fiber.Ctx) (to string, err error) {
	args := c.Request().PostArgs()
	name, password := strings.TrimSpace(string(args.Peek("name"))), string(args.Peek("password"))
	to = SafeReturn(string(args.Peek("to")))
	if !a.Config.Local {
		return to, fiber.ErrNotFound
	}
	if wait, ok := a.signIns.take(bucketOf(a.clientAddress(c)), a.Clock()); !ok {
		return to, tooMany(c, wait)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), signInTimeout)
	defer cancel()
	account, err := a.checkPassword(ctx, name, password, bucketOf(a.clientAddress(c)))
	v := Visitor{Address: a.address(c)}
	if err != nil {
		if errors.Is(err, ErrRefused) {
			err = errors.Join(err, a.noteRefused(v, name))
		}
		return to, err
	}
	v.ID = account.ID()
	if err := a.note(v, audit.SignIn, "signed in", map[string]string{"by": "password"}); err != nil {
		return to, err
	}
	a.start(c, &session{id: v.ID, name: account.Name, passwords: account.PasswordAt})
	return to, nil
}

// noteRefused writes down a refused password and whose account it was for. A name
// that is none is not written down: people type passwords into that field.
func (a *Access) noteRefused(v Visitor, name string) error {
	event := audit.Event{At: a.Clock(), Kind: audit.Refused, Address: v.Address, What: "sign-in", Fields: map[string]string{"by": "password"}}
	if account, ok := a.Store.Account(name); ok {
		event.About = about(account.ID())
	}
	return a.Audit.Write(event)
}

// checkPassword returns the account of a name and its password.
func (a *Access) checkPassword(ctx context.Context, name, password, address string) (Account, error) {
	if len(name) > 64 || len(password) > maxPassword {
		name, password = "", "" // as wrong as any, and as slow
	}
	key := strings.ToLower(name)
	wait := a.slow.delay(key, address, a.Clock())
	a.slow.failed(key, address, a.Clock())
	if err := a.slow.wait(ctx, wait); err != nil {
		return Account{}, errors.Join(ErrBusy, err)
	}
	account, known := a.Store.Account(name)
	hash := account.Hash
	if !known {
		hash = ""
	}
	same, err := a.Store.hasher.matches(ctx, hash, password)
	if err != nil {
		return Account{}, err
	}
	if !same || account.DisabledAt != nil {
		return Account{}, ErrRefused
	}
	a.slow.succeeded(key, address)
	return account, nil
}

// start begins a session under a fresh cookie.
func (a *Access) start(c *fiber.Ctx, s *session) {
	old := c.Cookies(a.cookieName(sessionCookie))
	a.setCookie(c, sessionCookie, a.sessions.open(s, old, a.Clock()), 0)
}

// Enter opens a session for a reader who is known already and returns its cookie. It
// is for tests and measurements, which need a thousand readers and no passwords.
func (a *Access) Enter(id Identity, name string, groups ...string) (cookie, value string) {
	s := &session{id: id, name: name, groups: groups}
	if account, ok := a.Store.bySubject(id.Subject); ok && id.Issuer == LocalIssuer {
		s.passwords = account.PasswordAt
	}
	return a.cookieName(sessionCookie), a.sessions.open(s, "", a.Clock())
}

// baseOf is the URL under which this request's reader reaches the server.
func (a *Access) baseOf(c *fiber.Ctx) string {
	if a.base != nil {
		return a.base.Scheme + "://" + a.base.Host
	}
	return "http://" + string(c.Request().Host())
}

// Start begins a sign-in at the issuer and returns the address to go on to.
func (a *Access) Start(c *fiber.Ctx) (string, error) {
	if a.issuer == nil {
		return "", fiber.ErrNotFound
	}
	if wait, ok := a.signIns.take(bucketOf(a.clientAddress(c)), a.Clock()); !ok {
		return "", tooMany(c, wait)
	}
	d, err := a.issuer.discover()
	if err != nil {
		return "", unreachable(err)
	}
	f := newFlow(c.Query("to"), oauth2.GenerateVerifier(), a.Clock())
	sealed, err := a.issuer.seal.close(f)
	if err != nil {
		return "", err
	}
	a.setCookie(c, flowCookie, sealed, int(flowLife/time.Second))
	return a.issuer.oauth(d, a.baseOf(c)).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), nil
}

func unreachable(err error) error {
	return &Refusal{"The issuer of your account cannot be reached just now. Try again in a minute.", err}
}

// Finish ends a sign-in at the issuer: it checks what came back, starts a session
// and returns where to go.
func (a *Access) Finish(c *fiber.Ctx) (to string, err error) {
	if a.issuer == nil {
		return "", fiber.ErrNotFound
	}
	if wait, ok := a.signIns.take(bucketOf(a.clientAddress(c)), a.Clock()); !ok {
		return "", tooMany(c, wait)
	}
	cookie := c.Cookies(a.cookieName(flowCookie))
	a.setCookie(c, flowCookie, "", -1)
	known, to, err := a.finish(c, cookie)
	v := Visitor{Address: a.address(c)}
	if err != nil {
		var r *Refusal
		if !errors.As(err, &r) {
			err = &Refusal{"The answer of the issuer could not be verified. Begin again from the sign-in page.", err}
		}
		return "", errors.Join(err, a.note(v, audit.Refused, "sign-in", map[string]string{"by": "issuer"}))
	}
	v.ID = known.id
	if err := a.note(v, audit.SignIn, "signed in", map[string]string{"by": "issuer"}); err != nil {
		return "", err
	}
	if err := a.Store.remember(known.id, known.name); err != nil {
		return "", err
	}
	a.start(c, &session{id: known.id, name: known.name, groups: known.groups, person: known.person, reason: known.reason, idToken: known.raw})
	return to, nil
}

func (a *Access) finish(c *fiber.Ctx, cookie string) (*claims, string, error) {
	f, err := a.issuer.seal.open(cookie, a.Clock())
	if err != nil {
		return nil, "", &Refusal{"This sign-in was begun in another window, or took longer than ten minutes. Begin again.", err}
	}
	if subtle.ConstantTimeCompare([]byte(c.Query("state")), []byte(f.State)) != 1 {
		return nil, "", &Refusal{"This answer belongs to another sign-in. Begin again.", errors.New("the state is not the one of this sign-in")}
	}
	if iss := c.Query("iss"); iss != "" && iss != a.issuer.config.Issuer {
		return nil, "", errors.New("the answer names another issuer")
	}
	if c.Query("error") != "" || c.Query("code") == "" {
		return nil, "", &Refusal{"The issuer did not sign you in. Begin again, or ask those who run it.", errors.New("the issuer answered with an error")}
	}
	d, err := a.issuer.discover()
	if err != nil {
		return nil, "", unreachable(err)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), signInTimeout)
	defer cancel()
	known, err := a.issuer.exchange(ctx, d, a.baseOf(c), f, c.Query("code"))
	switch {
	case errors.Is(err, ErrIssuer):
		return nil, "", unreachable(err)
	case errors.Is(err, errOverflow):
		return nil, "", &Refusal{"No role: your groups do not fit into the issuer's token (overflow). The issuer must send those that this server uses.", err}
	}
	return known, f.To, err
}

// SignOut ends the session and returns where to go: on to the issuer, if it offers
// to sign readers out.
func (a *Access) SignOut(c *fiber.Ctx) (to string, err error) {
	v := Of(c)
	s, ok := a.sessions.end(c.Cookies(a.cookieName(sessionCookie)))
	a.setCookie(c, sessionCookie, "", -1)
	if !ok {
		return PathSignedOut, nil
	}
	if err := a.note(v, audit.SignOut, "signed out", nil); err != nil {
		return "", err
	}
	if end := a.endSession(); end != nil && s.idToken != "" {
		u := *end
		q := u.Query()
		q.Set("id_token_hint", s.idToken)
		q.Set("client_id", a.Config.OIDC.ClientID)
		q.Set("post_logout_redirect_uri", a.baseOf(c)+PathSignedOut)
		u.RawQuery = q.Encode()
		return u.String(), nil
	}
	return PathSignedOut, nil
}

// endSession returns where the issuer signs readers out; nil if it is not known to.
func (a *Access) endSession() *url.URL {
	if a.issuer == nil {
		return nil
	}
	a.issuer.mu.Lock()
	defer a.issuer.mu.Unlock()
	if a.issuer.found == nil {
		return nil
	}
	return a.issuer.found.end
}

func (a *Access) endSessionOrigin() string {
	if end := a.endSession(); end != nil && !strings.ContainsAny(end.Host, " ;,'") {
		return end.Scheme + "://" + end.Host
	}
	return ""
}

// Choose sets in which of several sets of roles the reader acts.
func (a *Access) Choose(c *fiber.Ctx) {
	a.sessions.choose(c.Cookies(a.cookieName(sessionCookie)), string(c.Request().PostArgs().Peek("role")))
}
