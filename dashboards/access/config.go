package access

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"dials/queries"
)

// Server is [server]: where the server listens, under which name it is reached,
// and how much one reader may ask.
type Server struct {
	Listen         string   `toml:"listen"`          // host:port
	Trial          bool     `toml:"trial"`           // the register may be changed without signing in
	BaseURL        string   `toml:"base_url"`        // scheme, host and port by which browsers reach it
	TLSCertificate string   `toml:"tls_certificate"` // PEM files; read again when they change
	TLSKey         string   `toml:"tls_key"`
	BehindProxy    bool     `toml:"behind_proxy"`    // a proxy in front ends TLS
	TrustedProxies []string `toml:"trusted_proxies"` // addresses or networks of such proxies
	FrameAncestors []string `toml:"frame_ancestors"` // origins that may show the pages in a frame

	AddressPerMinute int `toml:"requests_per_minute_address"`
	AccountPerMinute int `toml:"requests_per_minute_account"`
	SignInsPerMinute int `toml:"sign_ins_per_minute_address"`
}

// Config is [access]: who may sign in, and how.
type Config struct {
	Local        bool `toml:"local"`                // accounts of "dials user add"
	IdleMinutes  int  `toml:"session_idle_minutes"` // unused for so long, a session ends
	SessionHours int  `toml:"session_hours"`        // it ends anyway; 12 at most
	OIDC         OIDC `toml:"oidc"`
}

// OIDC is [access.oidc]: sign-in by an OpenID Connect issuer.
type OIDC struct {
	Issuer          string   `toml:"issuer"`
	Name            string   `toml:"name"` // on the sign-in page
	ClientID        string   `toml:"client_id"`
	ClientSecretEnv string   `toml:"client_secret_env"` // empty: a public client, PKCE alone
	Scopes          []string `toml:"scopes"`            // beside openid
	GroupsClaim     string   `toml:"groups_claim"`      // a path such as realm_access.roles
	NameClaim       string   `toml:"name_claim"`        // shown to the reader and to admins
	PersonClaim     string   `toml:"person_claim"`      // an immutable claim that holds the person_id
	SkewSeconds     int      `toml:"skew_seconds"`      // how far the issuer's clock may be off
	Groups          []Group  `toml:"group"`
}

// Group is [[access.oidc.group]]: what a group of the issuer may see.
type Group struct {
	Name  string   `toml:"name"`
	Role  string   `toml:"role"`
	Units []string `toml:"units"`
}

// DefaultServer is what [server] says when it says nothing.
func DefaultServer() Server {
	return Server{
		Listen: "127.0.0.1:8080", TrustedProxies: []string{"127.0.0.1/32", "::1/128"},
		AddressPerMinute: 6000, AccountPerMinute: 1200, SignInsPerMinute: 60,
	}
}

// DefaultConfig is what [access] says when it says nothing.
func DefaultConfig() Config {
	return Config{
		IdleMinutes: 60, SessionHours: 12,
		OIDC: OIDC{Name: "your company account", Scopes: []string{"profile"}, GroupsClaim: "groups", NameClaim: "name", SkewSeconds: 60},
	}
}

// SignsIn reports whether readers sign in; without it the server is open, and on
// loopback only.
func (c Config) SignsIn() bool { return c.Local || c.OIDC.Issuer != "" }

// changing are claims that a person can lose to another, or change.
var changing = [...]string{"email", "preferred_username", "upn", "unique_name", "name", "nickname", "phone_number", "given_name", "family_name"}

// Validate returns every mistake of [access], joined.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("access."+format, args...)) }
	if c.IdleMinutes < 1 || c.IdleMinutes > 12*60 {
		bad("session_idle_minutes = %d: want 1 to 720", c.IdleMinutes)
	}
	if c.SessionHours < 1 || c.SessionHours > 12 {
		bad("session_hours = %d: it can be made shorter than 12, not longer", c.SessionHours)
	}
	o := c.OIDC
	if o.Issuer == "" {
		if o.ClientID != "" || o.ClientSecretEnv != "" || len(o.Groups) > 0 {
			bad("oidc.issuer is empty: name the issuer's URL")
		}
		return errors.Join(errs...)
	}
	if u, err := url.Parse(o.Issuer); err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !isLoopbackName(u.Hostname())) {
		bad("oidc.issuer %q is not an https URL such as https://login.example.com/realm", o.Issuer)
	}
	if o.ClientID == "" {
		bad("oidc.client_id is empty: the issuer gives one")
	}
	if o.ClientSecretEnv != "" && os.Getenv(o.ClientSecretEnv) == "" {
		bad("oidc.client_secret_env: environment variable %s is not set", o.ClientSecretEnv)
	}
	if slices.Contains(changing[:], o.PersonClaim) {
		bad("oidc.person_claim = %q: it can change or pass to another person; name an immutable one such as employee_id", o.PersonClaim)
	}
	if o.SkewSeconds < 0 || o.SkewSeconds > 300 {
		bad("oidc.skew_seconds = %d: want 0 to 300", o.SkewSeconds)
	}
	for _, g := range o.Groups {
		if g.Name == "" {
			bad("oidc.group: one has no name")
		}
		if err := checkGrant(queries.Role(g.Role), g.Units); err != nil {
			bad("oidc.group %q: %w", g.Name, err)
		}
	}
	return errors.Join(errs...)
}

// Validate returns every mistake of [server], joined. signsIn is whether [access]
// lets readers sign in.
func (s Server) Validate(signsIn bool) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("server."+format, args...)) }
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		bad("listen %q is not host:port, such as 127.0.0.1:8080", s.Listen)
	}
	if (s.TLSCertificate == "") != (s.TLSKey == "") {
		bad("tls_certificate and tls_key go together: name both files")
	}
	if s.TLSCertificate != "" && s.BehindProxy {
		bad("behind_proxy = true and tls_certificate: TLS ends at one of them; name one")
	}
	if s.BehindProxy && !signsIn {
		bad("behind_proxy = true: without sign-in a proxy would open the pages to everybody who reaches it; configure [access]")
	}
	if s.BehindProxy && len(s.TrustedProxies) == 0 {
		bad("trusted_proxies is empty: name the proxy's address")
	}
	if _, err := parseProxies(s.TrustedProxies); err != nil {
		bad("trusted_proxies: %w", err)
	}
	for _, ancestor := range s.FrameAncestors {
		if _, err := parseOrigin(ancestor); err != nil {
			bad("frame_ancestors: %w", err)
		}
	}
	for _, limit := range []struct {
		key string
		n   int
	}{
		{"requests_per_minute_address", s.AddressPerMinute},
		{"requests_per_minute_account", s.AccountPerMinute},
		{"sign_ins_per_minute_address", s.SignInsPerMinute},
	} {
		if limit.n < 1 || limit.n > 1_000_000 {
			bad("%s = %d: want 1 to 1000000", limit.key, limit.n)
		}
	}
	errs = append(errs, s.validateBase(signsIn)...)
	return errors.Join(errs...)
}

// validateBase checks base_url against how TLS is ended.
func (s Server) validateBase(signsIn bool) []error {
	if s.BaseURL == "" {
		if s.BehindProxy || s.TLSCertificate != "" {
			return []error{errors.New("server.base_url is empty: name the https URL by which browsers reach the server")}
		}
		return nil
	}
	base, err := parseOrigin(s.BaseURL)
	switch {
	case err != nil:
		return []error{fmt.Errorf("server.base_url: %w", err)}
	case !signsIn && !isLoopbackName(base.Hostname()):
		return []error{fmt.Errorf("server.base_url %q: without sign-in the server answers loopback only; configure [access]", s.BaseURL)}
	case base.Scheme == "http" && (s.TLSCertificate != "" || s.BehindProxy || !isLoopbackName(base.Hostname())):
		return []error{fmt.Errorf("server.base_url %q: want https, except on loopback", s.BaseURL)}
	case base.Scheme == "https" && s.TLSCertificate == "" && !s.BehindProxy:
		return []error{fmt.Errorf("server.base_url %q is https: name tls_certificate and tls_key, or set behind_proxy = true", s.BaseURL)}
	}
	return nil
}

// ErrExposed is wrapped by the refusal to start a server that others could reach
// without signing in or in clear.
var ErrExposed = errors.New("refused to start")

// CheckListen refuses an address that other machines can reach, unless readers
// sign in and TLS protects what they read.
func (s Server) CheckListen(signsIn bool) error {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("server.listen: %w", err)
	}
	if isLoopbackName(host) {
		return nil
	}
	if !signsIn {
		return fmt.Errorf("%w: server.listen %q can be reached from other machines, and nobody signs in: configure [access], "+
			"or listen on 127.0.0.1 and reach it by a tunnel (ssh -L 8080:127.0.0.1:8080 HOST)", ErrExposed, s.Listen)
	}
	if s.TLSCertificate == "" && !s.BehindProxy {
		return fmt.Errorf("%w: server.listen %q can be reached from other machines, and passwords would travel in clear: "+
			"name tls_certificate and tls_key, or set behind_proxy = true if a proxy ends TLS", ErrExposed, s.Listen)
	}
	return nil
}

// parseOrigin reads a URL that is a scheme and a host, and nothing more.
func parseOrigin(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(text, " ;,'\"*\\%") {
		return nil, fmt.Errorf("%q is not a URL such as https://dials.example.com", text)
	}
	if u.Path != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#") {
		return nil, fmt.Errorf("%q has more than a scheme and a host: want it without a path", text)
	}
	return u, nil
}

func parseProxies(list []string) ([]netip.Prefix, error) {
	var parsed []netip.Prefix
	for _, text := range list {
		if address, err := netip.ParseAddr(text); err == nil {
			parsed = append(parsed, netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil || network.Bits() == 0 {
			return nil, fmt.Errorf("%q is not an address or a network such as 10.0.0.0/8", text)
		}
		parsed = append(parsed, network.Masked())
	}
	return parsed, nil
}

// isLoopbackName reports whether a host without a port names this machine.
func isLoopbackName(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (c Config) idle() time.Duration     { return time.Duration(c.IdleMinutes) * time.Minute }
func (c Config) absolute() time.Duration { return time.Duration(c.SessionHours) * time.Hour }
