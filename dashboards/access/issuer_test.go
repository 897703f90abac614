package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"dials/dashboards/audit"
	"dials/queries"
)

func roleOf(name string) queries.Role { return queries.Role(name) }

// A testIssuer is an OpenID Connect issuer that can be told to misbehave.
type testIssuer struct {
	*httptest.Server
	clock *clock
	down  bool

	key    *ecdsa.PrivateKey
	keyID  string
	public []jose.JSONWebKey

	challenge, nonce string // of the sign-in under way
	change           func(claims map[string]any)
	token            func(claims map[string]any) string // in place of signing
	asked            []string                           // paths
}

func newTestIssuer(t testing.TB, c *clock) *testIssuer {
	t.Helper()
	i := &testIssuer{clock: c}
	i.rotate(t, "one")
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

// rotate signs with a new key from now on; only that one is published.
func (i *testIssuer) rotate(t testing.TB, id string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.key, i.keyID = key, id
	i.public = []jose.JSONWebKey{{Key: key.Public(), KeyID: id, Algorithm: "ES256", Use: "sig"}}
}

// ServeHTTP answers as the issuer.
func (i *testIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.asked = append(i.asked, r.URL.Path)
	if i.down {
		http.Error(w, "down", http.StatusBadGateway)
		return
	}
	answer := map[string]any{}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer = map[string]any{
			"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
			"jwks_uri": i.URL + "/keys", "end_session_endpoint": i.URL + "/end", "id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"},
		}
	case "/keys":
		answer["keys"] = i.public
	case "/token":
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		id, secret, _ := r.BasicAuth()
		if r.FormValue("code") != "the-code" || base64.RawURLEncoding.EncodeToString(sum[:]) != i.challenge || id != "dials" || secret != "s3cret" {
			w.WriteHeader(http.StatusBadRequest)
			answer["error"] = "invalid_grant"
			break
		}
		answer = map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": i.idToken()}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (i *testIssuer) claims() map[string]any {
	now := i.clock.Now()
	c := map[string]any{
		"iss": i.URL, "aud": "dials", "sub": "u-17", "name": "Anna Berg", "nonce": i.nonce, "groups": []string{"g-hr", "other"},
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "employee_id": "E17",
	}
	if i.change != nil {
		i.change(c)
	}
	return c
}

func (i *testIssuer) idToken() string {
	c := i.claims()
	if i.token != nil {
		return i.token(c)
	}
	return sign(jose.ES256, i.key, i.keyID, c)
}

func sign(algorithm jose.SignatureAlgorithm, key any, id string, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		panic(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return compact
}

// newIssuerSite is a server whose readers come from an issuer.
func newIssuerSite(t testing.TB, change func(o *Options)) (*site, *testIssuer) {
	t.Helper()
	t.Setenv("DIALS_TEST_SECRET", "s3cret")
	c := newClock()
	i := newTestIssuer(t, c)
	s := newSite(t, func(o *Options) {
		o.Clock = c.Now
		o.Config.OIDC.Issuer, o.Config.OIDC.ClientID, o.Config.OIDC.ClientSecretEnv = i.URL, "dials", "DIALS_TEST_SECRET"
		o.Config.OIDC.PersonClaim = "employee_id"
		o.Config.OIDC.Groups = []Group{{Name: "g-hr", Role: "hr", Units: []string{"*"}}, {Name: "g-sales", Role: "executive", Units: []string{"SALES"}}}
		if change != nil {
			change(o)
		}
	})
	s.clock = c
	return s, i
}

// begin starts a sign-in and returns its state.
func (b *browser) begin(i *testIssuer, to string) (state string) {
	b.t.Helper()
	status, body, h := b.get(PathStart + "?to=" + url.QueryEscape(to))
	u, err := url.Parse(h.Get("Location"))
	if status != 303 || err != nil || !strings.HasPrefix(u.String(), i.URL+"/authorize?") {
		b.t.Fatalf("start: %d %s to %q", status, body, h.Get("Location"))
	}
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("redirect_uri") != b.base+PathCallback || !strings.Contains(q.Get("scope"), "openid") {
		b.t.Errorf("asked the issuer for %s", u.RawQuery)
	}
	i.challenge, i.nonce = q.Get("code_challenge"), q.Get("nonce")
	return q.Get("state")
}

// finish comes back from the issuer.
func (b *browser) finish(state string) (status int, body string, h http.Header) {
	b.t.Helper()
	return b.get(PathCallback + "?code=the-code&state=" + url.QueryEscape(state))
}

// What an issuer may say wrong: nothing but a token that is right in every claim
// starts a session.
func TestIssuerTokens(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	later := func(d time.Duration) int64 { return newClock().Now().Add(d).Unix() }
	for _, tt := range []struct {
		name   string
		change func(map[string]any)
		token  func(map[string]any) string
		ok     bool
	}{
		{name: "right", ok: true},
		{name: "wrong issuer", change: set("iss", "https://evil.example")},
		{name: "wrong audience", change: set("aud", "another")},
		{name: "no audience", change: set("aud", nil)},
		{name: "among audiences, for us", change: func(c map[string]any) { c["aud"], c["azp"] = []string{"dials", "another"}, "dials" }, ok: true},
		{name: "among audiences, for another", change: func(c map[string]any) { c["aud"], c["azp"] = []string{"dials", "another"}, "another" }},
		{name: "among audiences, for nobody", change: set("aud", []string{"dials", "another"})},
		{name: "wrong nonce", change: set("nonce", "guess")},
		{name: "no nonce", change: func(c map[string]any) { delete(c, "nonce") }},
		{name: "expired", change: set("exp", later(-2*time.Minute))},
		{name: "expired within the skew", change: set("exp", later(-30*time.Second)), ok: true},
		{name: "not yet", change: set("nbf", later(10*time.Minute))},
		{name: "issued in the future", change: set("iat", later(2*time.Minute))},
		{name: "issued in the future within the skew", change: set("iat", later(30*time.Second)), ok: true},
		{name: "no subject", change: set("sub", "")},
		{name: "alg none", token: func(c map[string]any) string {
			text, _ := json.Marshal(c)
			b64 := base64.RawURLEncoding.EncodeToString
			return b64([]byte(`{"alg":"none"}`)) + "." + b64(text) + "."
		}},
		{name: "alg HS256 under the client's secret", token: func(c map[string]any) string {
			return sign(jose.HS256, []byte("s3cret-that-is-long-enough-to-sign"), "one", c)
		}},
		{name: "another's key under our key's id", token: func(c map[string]any) string { return sign(jose.ES256, other, "one", c) }},
		{name: "not a token", token: func(map[string]any) string { return "gibberish" }},
	} {
		s, i := newIssuerSite(t, nil)
		i.change, i.token = tt.change, tt.token
		b := s.browser(t)
		status, body, h := b.finish(b.begin(i, "/page"))
		_, page, _ := b.get("/page")
		if in := strings.HasPrefix(page, "Anna Berg"); in != tt.ok || (status == 303) != tt.ok {
			t.Errorf("%s: %d %q, then %q", tt.name, status, body, page)
		}
		if tt.ok && (h.Get("Location") != "/page" || page != "Anna Berg hr@* E17") {
			t.Errorf("%s: on to %q, page %q", tt.name, h.Get("Location"), page)
		}
		if strings.Contains(body, "evil") || strings.Contains(body, "guess") {
			t.Errorf("%s: the page repeats the token: %s", tt.name, body)
		}
		kind := audit.Refused
		if tt.ok {
			kind = audit.SignIn
		}
		if got := s.events(t, kind); len(got) != 1 {
			t.Errorf("%s: %d events of kind %s, want 1", tt.name, len(got), kind)
		}
	}
}

// Groups give a role only where they are there, whole and known; the page says why not.
func TestIssuerGroups(t *testing.T) {
	many := make([]string, maxGroups+1)
	for i := range many {
		many[i] = "g-hr"
	}
	for _, tt := range []struct {
		name, want string
		change     map[string]any
	}{
		{"missing", `no claim "groups"`, map[string]any{"groups": nil}},
		{"none", "in no group", map[string]any{"groups": []string{}}},
		{"unknown", "in 2 groups, to none of which", map[string]any{"groups": []string{"x", "y"}}},
		{"not a list", "is not a list of groups", map[string]any{"groups": 17}},
		{"overflow", "overflow", map[string]any{"groups": nil, "_claim_names": map[string]string{"groups": "src1"}, "_claim_sources": map[string]any{"src1": map[string]string{"endpoint": "https://graph.example/me"}}}},
		{"overflow that left some", "overflow", map[string]any{"_claim_names": map[string]string{"groups": "src1"}, "_claim_sources": map[string]any{"src1": map[string]string{"endpoint": "https://graph.example/me"}}}},
		{"overflow without a source", "overflow", map[string]any{"groups": nil, "_claim_names": map[string]string{"groups": "src1"}}},
		{"hasgroups", "overflow", map[string]any{"groups": nil, "hasgroups": true}},
		{"too many", "overflow", map[string]any{"groups": many}},
	} {
		s, i := newIssuerSite(t, nil)
		i.change = func(c map[string]any) {
			maps.Copy(c, tt.change)
			if c["groups"] == nil {
				delete(c, "groups")
			}
		}
		b := s.browser(t)
		status, answer, _ := b.finish(b.begin(i, "/page"))
		if status == 303 {
			status, answer, _ = b.get("/page")
		}
		if status != 403 || !strings.Contains(answer, tt.want) {
			t.Errorf("%s: %d %q, want 403 with %q", tt.name, status, answer, tt.want)
		}
	}
}

// A grant of Dials itself counts whatever the groups say, and so does a single
// group written as text, or a path to the claim.
func TestIssuerGrants(t *testing.T) {
	s, i := newIssuerSite(t, func(o *Options) { o.Config.OIDC.GroupsClaim = "realm_access.roles" })
	i.change = func(c map[string]any) { c["realm_access"] = map[string]any{"roles": "g-sales"} }
	b := s.browser(t)
	b.finish(b.begin(i, "/"))
	if _, body, _ := b.get("/"); body != "Anna Berg executive@SALES E17" {
		t.Errorf("by group: %q", body)
	}
	for _, g := range []Grant{
		{To: Principal{Identity: Identity{i.URL, "u-17"}}, Role: "dpo"},
		{To: Principal{Identity: Identity{Issuer: i.URL}, Group: "g-sales"}, Role: "learning", Units: []string{"SALES"}},
		{To: Principal{Identity: Identity{"local", "u-17"}}, Role: "admin"},
	} {
		if _, err := s.desk.Grant(Actor{Name: "test"}, g); err != nil {
			t.Fatal(err)
		}
	}
	if _, body, _ := b.get("/"); body != "Anna Berg dpo+executive+learning@SALES E17" {
		t.Errorf("by group and grants: %q", body)
	}
	// An admin and the issuer who disagree on the person leave nobody.
	if err := s.desk.Bind(Actor{Name: "test"}, Identity{i.URL, "u-17"}, "E18"); err != nil {
		t.Fatal(err)
	}
	if _, body, _ := b.get("/"); body != "Anna Berg dpo+executive+learning@SALES " {
		t.Errorf("bound to two persons: %q", body)
	}
	if readers := s.Store.Readers(); len(readers) != 1 || readers[0].Name != "Anna Berg" {
		t.Errorf("readers %+v", readers)
	}
	// Who is disabled here sees nothing with the next click, nor by signing in again.
	must(t, s.desk.Disable(Actor{Name: "test"}, "oidc:u-17", i.URL, true))
	for range 2 {
		if status, body, _ := b.get("/"); status != 403 || body != "no role: an administrator has disabled you here" {
			t.Errorf("disabled: %d %q", status, body)
		}
		b = s.browser(t)
		b.finish(b.begin(i, "/"))
	}
	must(t, s.desk.Disable(Actor{Name: "test"}, "oidc:u-17", i.URL, false))
	if _, body, _ := b.get("/"); body != "Anna Berg dpo+executive+learning@SALES " {
		t.Errorf("enabled: %q", body)
	}
}

// New keys of the issuer are fetched, and its old ones are worth nothing.
func TestKeyRotation(t *testing.T) {
	s, i := newIssuerSite(t, nil)
	b := s.browser(t)
	b.finish(b.begin(i, "/"))
	old, oldID := i.key, i.keyID
	i.rotate(t, "two")
	b = s.browser(t)
	if status, body, _ := b.finish(b.begin(i, "/")); status != 303 {
		t.Errorf("under the new key: %d %s", status, body)
	}
	i.token = func(c map[string]any) string { return sign(jose.ES256, old, oldID, c) }
	b = s.browser(t)
	if status, _, _ := b.finish(b.begin(i, "/")); status != 403 {
		t.Errorf("under the old key: %d", status)
	}
}

// The server starts while the issuer is down, and finds it when it is up again.
func TestIssuerDown(t *testing.T) {
	s, i := newIssuerSite(t, nil)
	if len(i.asked) != 0 {
		t.Errorf("the start asked the issuer for %v", i.asked)
	}
	i.down = true
	b := s.browser(t)
	for range 3 {
		if status, body, _ := b.get(PathStart); status != 403 || !strings.Contains(body, "cannot be reached") {
			t.Errorf("down: %d %s", status, body)
		}
	}
	if len(i.asked) != 1 {
		t.Errorf("an issuer that is down was asked %d times at once", len(i.asked))
	}
	i.down = false
	s.clock.move(retryAfter)
	if status, _, _ := b.finish(b.begin(i, "/")); status != 303 {
		t.Errorf("up again: %d", status)
	}
}

// A sign-in ends in the browser that began it, once, in time.
func TestFlows(t *testing.T) {
	s, i := newIssuerSite(t, func(o *Options) { o.Server.SignInsPerMinute = 6000 })
	begin := func() (*browser, string) {
		b := s.browser(t)
		return b, b.begin(i, "/")
	}
	refused := func(name string, b *browser, path string) {
		t.Helper()
		if status, body, _ := b.get(path); status != 403 {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if status, _, _ := b.get("/"); status != 303 {
			t.Errorf("%s: signed in", name)
		}
	}
	_, state := begin()
	refused("in another browser", s.browser(t), PathCallback+"?code=the-code&state="+state)
	b, _ := begin()
	refused("another state", b, PathCallback+"?code=the-code&state="+state)
	b, _ = begin()
	refused("no state", b, PathCallback+"?code=the-code")
	b, state = begin()
	refused("an error", b, PathCallback+"?error=access_denied&state="+state)
	b, state = begin()
	refused("another code", b, PathCallback+"?code=guess&state="+state)
	refused("once refused", b, PathCallback+"?code=the-code&state="+state)
	b, state = begin()
	refused("another issuer", b, PathCallback+"?code=the-code&iss=https%3A%2F%2Fevil.example&state="+state)
	b, state = begin()
	s.clock.move(flowLife)
	refused("too late", b, PathCallback+"?code=the-code&state="+state)
	b, state = begin()
	b.cookies[flowCookie] = b.cookies[flowCookie][:20] + "AAAA" + b.cookies[flowCookie][24:]
	refused("a changed cookie", b, PathCallback+"?code=the-code&state="+state)
}

// Signing out ends the session here and goes on to the issuer.
func TestSignOut(t *testing.T) {
	s, i := newIssuerSite(t, nil)
	b := s.browser(t)
	b.finish(b.begin(i, "/"))
	_, _, h := b.get("/")
	if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' "+i.URL+";") {
		t.Errorf("the sign-out form may not go on to the issuer: %s", policy)
	}
	kept := maps.Clone(b.cookies)
	status, _, out := b.post(PathSignOut, url.Values{"csrf": {h.Get("CSRF")}})
	u, err := url.Parse(out.Get("Location"))
	if status != 303 || err != nil || u.Path != "/end" {
		t.Fatalf("signed out: %d to %q", status, out.Get("Location"))
	}
	q := u.Query()
	if q.Get("id_token_hint") == "" || q.Get("client_id") != "dials" || q.Get("post_logout_redirect_uri") != b.base+PathSignedOut {
		t.Errorf("the issuer is told %s", u.RawQuery)
	}
	b.cookies = kept
	if status, _, _ := b.get("/"); status != 303 {
		t.Errorf("the session lives on: %d", status)
	}
	if len(s.events(t, audit.SignOut)) != 1 {
		t.Error("signing out is not in the audit")
	}
}
