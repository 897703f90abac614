package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// authority signs requests. Secrets are read from the environment when they are first
// needed.
type authority struct {
	o      Options
	env    Env
	client *http.Client
	store  *TokenStore

	mu      sync.Mutex
	loaded  bool
	user    string
	token   string // of basic, bearer, header and form
	id      string
	secret  string
	refresh string
	access  string
	until   time.Time // of access
	secrets []string  // whatever must not be written
}

func newAuthority(o Options, env Env, rt http.RoundTripper) *authority {
	a := &authority{o: o, env: env}
	a.client = &http.Client{
		Transport: rt, Timeout: time.Duration(o.Timeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if o.Auth == OAuth2Refresh {
		a.store = &TokenStore{Dir: env.State, Source: env.Source}
	}
	return a
}

// ready reads the secrets and gets an access token where one is needed.
func (a *authority) ready(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.loaded {
		if err := a.load(); err != nil {
			return err
		}
		a.loaded = true
	}
	return a.renew(ctx)
}

// load reads the secrets.
func (a *authority) load() error {
	for _, v := range []struct {
		name string
		into *string
	}{
		{a.o.UserEnv, &a.user},
		{a.o.TokenEnv, &a.token},
		{a.o.ClientIDEnv, &a.id},
		{a.o.ClientSecretEnv, &a.secret},
		{a.o.RefreshTokenEnv, &a.refresh},
	} {
		if v.name == "" {
			continue
		}
		text, ok := a.env.Getenv(v.name)
		text = strings.TrimSpace(text)
		if !ok || text == "" {
			return &verdictError{Verdict{Class: Auth, Reason: fmt.Sprintf("the environment variable %s is not set: it holds a secret of this source", v.name)}}
		}
		if strings.ContainsAny(text, "\r\n\x00") {
			return &verdictError{Verdict{Class: Auth, Reason: fmt.Sprintf("the environment variable %s holds several lines, which no secret does", v.name)}}
		}
		*v.into = text
		a.hide(text)
	}
	if a.user != "" || a.token != "" {
		a.hide(base64.StdEncoding.EncodeToString([]byte(a.user + ":" + a.token)))
	}
	if a.store != nil {
		kept, err := a.store.load(a.refresh)
		if err != nil {
			return &verdictError{Verdict{Class: Auth, Reason: err.Error()}}
		}
		if kept != "" {
			a.refresh = kept
			a.hide(kept)
		}
	}
	return nil
}

// hide notes a secret, in the ways in which it could be written.
func (a *authority) hide(secret string) {
	const least = 3
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))}
	if quoted, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(quoted[1:len(quoted)-1]))
	}
	for _, form := range forms {
		if len(form) >= least && !slices.Contains(a.secrets, form) {
			a.secrets = append(a.secrets, form)
		}
	}
	// The longest first: a secret may hold another.
	slices.SortFunc(a.secrets, func(x, y string) int { return len(y) - len(x) })
}

// redact takes the secrets out of a text.
func (a *authority) redact(s string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, secret := range a.secrets {
		s = strings.ReplaceAll(s, secret, "[secret]")
	}
	return s
}

// sign adds the credentials to a request.
func (a *authority) sign(ctx context.Context, r *http.Request, ask *asking) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.o.Auth {
	case Basic:
		r.SetBasicAuth(a.user, a.token)
	case Bearer:
		r.Header.Set("Authorization", "Bearer "+a.token)
	case Header:
		r.Header.Set(a.o.Header, a.o.Prefix+a.token)
	case OAuth2Client, OAuth2Refresh:
		if err := a.renew(ctx); err != nil {
			return err
		}
		ask.token = a.access
		r.Header.Set("Authorization", "Bearer "+a.access)
	}
	return nil
}

// expire says that an access token is not accepted any more, and whether another can
// be had.
func (a *authority) expire(token string) bool {
	if a.o.Auth != OAuth2Client && a.o.Auth != OAuth2Refresh {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.access == token {
		a.access = ""
	}
	return true
}

// renew gets an access token if there is none that lasts. a.mu is held.
func (a *authority) renew(ctx context.Context) error {
	if a.o.Auth != OAuth2Client && a.o.Auth != OAuth2Refresh {
		return nil
	}
	const early = 30 * time.Second
	if a.access != "" && (a.until.IsZero() || a.env.Clock().Add(early).Before(a.until)) {
		return nil
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if a.o.Auth == OAuth2Refresh {
		form = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.refresh}}
	}
	if len(a.o.Scopes) > 0 {
		form.Set("scope", strings.Join(a.o.Scopes, " "))
	}
	var got tokens
	var err error
	for try := range 4 {
		if try > 0 {
			timer := time.NewTimer(min(maxWait, a.env.Backoff<<try))
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case <-timer.C:
			}
		}
		if got, err = a.ask(ctx, form); err == nil || verdictOf(err).Class != Retry {
			break
		}
	}
	if err != nil {
		return err
	}
	return a.keep(got)
}

// tokens is what a token endpoint answers.
type tokens struct {
	Access  string      `json:"access_token"`
	Refresh string      `json:"refresh_token"`
	Expires json.Number `json:"expires_in"`
	Error   string      `json:"error"`
	Why     string      `json:"error_description"`
}

// keep takes new tokens. A rotated refresh token is stored before the access token is
// used: the old one may be worth nothing already.
func (a *authority) keep(got tokens) error {
	a.hide(got.Access)
	if got.Refresh != "" {
		a.hide(got.Refresh)
	}
	if a.store != nil && got.Refresh != "" && got.Refresh != a.refresh {
		if err := a.store.save(got.Refresh); err != nil {
			return &verdictError{Verdict{Class: Config, Reason: fmt.Sprintf("the new refresh token cannot be stored, and the old one may be used up: %v: make the folder of the warehouse writable, then sign in anew and set %s", err, a.o.RefreshTokenEnv)}}
		}
		a.refresh = got.Refresh
	}
	a.access, a.until = got.Access, time.Time{}
	if n, err := got.Expires.Int64(); err == nil && n > 0 {
		a.until = a.env.Clock().Add(time.Duration(n) * time.Second)
	}
	return nil
}

// ask asks the token endpoint.
func (a *authority) ask(ctx context.Context, form url.Values) (tokens, error) {
	inBody := a.o.ClientAuth == "body"
	if inBody {
		form.Set("client_id", a.id)
		if a.secret != "" {
			form.Set("client_secret", a.secret)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.o.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return tokens{}, &verdictError{Verdict{Class: Config, Reason: "token_url cannot be asked"}}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if !inBody {
		r.SetBasicAuth(url.QueryEscape(a.id), url.QueryEscape(a.secret))
	}
	response, err := a.client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return tokens{}, ctx.Err()
		}
		return tokens{}, &verdictError{Verdict{Class: Retry, Reason: "the token endpoint gives no answer: " + networkWords(err)}}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return tokens{}, &verdictError{Verdict{Class: Retry, Reason: "the token endpoint's answer broke off"}}
	}
	var got tokens
	parsed := json.Unmarshal(text, &got)
	switch {
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500:
		return tokens{}, &verdictError{Verdict{Class: Retry, Reason: fmt.Sprintf("the token endpoint answers %d: try again later", response.StatusCode)}}
	case got.Error != "" || response.StatusCode != http.StatusOK:
		return tokens{}, &verdictError{Verdict{Class: Auth, Reason: fmt.Sprintf("the token endpoint answers %d%s: %s", response.StatusCode, quoted(strings.TrimSpace(got.Error+" "+got.Why)), a.advice())}}
	case parsed != nil || got.Access == "":
		return tokens{}, &verdictError{Verdict{Class: Config, Reason: "the token endpoint's answer holds no access_token: check token_url"}}
	case strings.ContainsAny(got.Access+got.Refresh, "\r\n"):
		return tokens{}, &verdictError{Verdict{Class: Config, Reason: "the token endpoint's access_token is none"}}
	}
	return got, nil
}

// advice says what a person can do about credentials.
func (a *authority) advice() string {
	switch a.o.Auth {
	case Basic:
		return fmt.Sprintf("check the environment variables %s and %s", a.o.UserEnv, a.o.TokenEnv)
	case Bearer, Header, Form:
		return fmt.Sprintf("check the environment variable %s (mistyped, expired or revoked)", a.o.TokenEnv)
	case OAuth2Client:
		return fmt.Sprintf("check the environment variables %s and %s, and the scopes", a.o.ClientIDEnv, a.o.ClientSecretEnv)
	case OAuth2Refresh:
		return fmt.Sprintf("sign in to the service anew and set %s to the new refresh token", a.o.RefreshTokenEnv)
	}
	return "set auth: the source has none"
}

var errNoFolder = errors.New("there is no folder to keep it in")
