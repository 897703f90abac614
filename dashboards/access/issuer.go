package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ErrIssuer is wrapped by what went wrong between this server and the issuer.
var ErrIssuer = errors.New("the issuer cannot be reached")

var errOverflow = errors.New("the groups do not fit into the token")

// signatures are the algorithms that an id token may be signed with. None and
// those with a shared secret are not among them.
func signatures() []string {
	return []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
		oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
	}
}

// An issuer is the OpenID Connect issuer of config.
type issuer struct {
	config OIDC
	secret string
	client *http.Client
	clock  func() time.Time
	seal   *seal

	mu     sync.Mutex
	found  *discovered
	failed time.Time
	why    error
}

// discovered is what the issuer says of itself.
type discovered struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	endpoint oauth2.Endpoint
	end      *url.URL // where readers sign out; nil if it offers none
}

// retryAfter is how long an issuer that was down is not asked again.
const retryAfter = 5 * time.Second

func newIssuer(config OIDC, secret string, client *http.Client, clock func() time.Time) (*issuer, error) {
	s, err := newSeal()
	if err != nil {
		return nil, err
	}
	return &issuer{config: config, secret: secret, client: client, clock: clock, seal: s}, nil
}

// discover returns what the issuer says of itself; it is asked when first needed,
// so that the server starts while the issuer is down.
func (i *issuer) discover() (*discovered, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.found != nil {
		return i.found, nil
	}
	if i.why != nil && i.clock().Sub(i.failed) < retryAfter {
		return nil, i.why
	}
	found, err := i.ask()
	if err != nil {
		i.failed, i.why = i.clock(), fmt.Errorf("%w: %w", ErrIssuer, err)
		return nil, i.why
	}
	i.found, i.why = found, nil
	return found, nil
}

func (i *issuer) ask() (*discovered, error) {
	// The provider keeps the context to fetch keys with, so it is no request's.
	ctx := oidc.ClientContext(context.Background(), i.client)
	provider, err := oidc.NewProvider(ctx, i.config.Issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		End     string   `json:"end_session_endpoint"`
		Keys    string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, err
	}
	d := &discovered{provider: provider, endpoint: provider.Endpoint()}
	own, err := url.Parse(i.config.Issuer)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{d.endpoint.AuthURL, d.endpoint.TokenURL, more.Keys} {
		if u, err := url.Parse(text); err != nil || u.Host == "" || own.Scheme == "https" && u.Scheme != "https" {
			return nil, fmt.Errorf("its discovery document names %q, which is not an https URL", text)
		}
	}
	if end, err := url.Parse(more.End); err == nil && end.Host != "" && end.Scheme == own.Scheme {
		d.end = end
	}
	d.endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if i.secret == "" || len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		d.endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	skew := time.Duration(i.config.SkewSeconds) * time.Second
	d.verifier = provider.VerifierContext(ctx, &oidc.Config{
		ClientID: i.config.ClientID, SupportedSigningAlgs: signatures(),
		Now: func() time.Time { return i.clock().Add(-skew) },
	})
	return d, nil
}

func (i *issuer) oauth(d *discovered, base string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: i.config.ClientID, ClientSecret: i.secret, Endpoint: d.endpoint,
		RedirectURL: base + PathCallback, Scopes: append([]string{oidc.ScopeOpenID}, i.config.Scopes...),
	}
}

// exchange turns the code of a callback into the claims of a verified id token.
func (i *issuer) exchange(ctx context.Context, d *discovered, base string, f flow, code string) (*claims, error) {
	ctx = oidc.ClientContext(ctx, i.client)
	answer, err := i.oauth(d, base).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) { // its text holds the whole answer
			return nil, fmt.Errorf("the issuer refused the code: status %d, %q", refused.Response.StatusCode, refused.ErrorCode)
		}
		return nil, fmt.Errorf("%w: %w", ErrIssuer, err)
	}
	raw, ok := answer.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("the issuer sent no id token")
	}
	token, err := d.verifier.Verify(ctx, raw)
	if err != nil && strings.Contains(err.Error(), "source does not exist") {
		return nil, fmt.Errorf("%w: %w", errOverflow, err) // claims left out, and nothing said of where they are
	}
	if err != nil {
		return nil, err
	}
	return i.check(token, raw, f.Nonce)
}

// defaultClient waits 10 s, reads 1 MiB and follows no redirect to clear text.
func defaultClient() *http.Client {
	return &http.Client{
		Timeout:   10 * time.Second,
		Transport: bounded{http.DefaultTransport},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 3 || r.URL.Scheme != via[0].URL.Scheme {
				return errors.New("the issuer redirects too often, or to clear text")
			}
			return nil
		},
	}
}

// bounded cuts answers that are larger than any issuer's.
type bounded struct{ http.RoundTripper }

const maxAnswer = 1 << 20

// RoundTrip asks and bounds the answer.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}
