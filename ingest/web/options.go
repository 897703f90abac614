package web

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options are the keys of [source.options] that every connector of a service has.
// A connector embeds them in its own.
type Options struct {
	BaseURL string `toml:"base_url"`

	Auth            string            `toml:"auth"`              // none, basic, bearer, header, oauth2_client or oauth2_refresh
	UserEnv         string            `toml:"user_env"`          // environment variable with the user of basic
	TokenEnv        string            `toml:"token_env"`         // … with the password, key or token
	Header          string            `toml:"header"`            // of auth header: the header that carries the token
	Prefix          string            `toml:"prefix"`            // of auth header: what stands before the token
	TokenURL        string            `toml:"token_url"`         // of oauth2
	ClientIDEnv     string            `toml:"client_id_env"`     // of oauth2
	ClientSecretEnv string            `toml:"client_secret_env"` // of oauth2
	ClientAuth      string            `toml:"client_auth"`       // of oauth2: basic or body
	RefreshTokenEnv string            `toml:"refresh_token_env"` // of oauth2_refresh: the first refresh token
	Scopes          []string          `toml:"scopes"`            // of oauth2
	Headers         map[string]string `toml:"headers"`           // sent with every request

	RatePerSecond float64  `toml:"rate_per_second"`
	Concurrency   int      `toml:"concurrency"`
	Retries       int      `toml:"retries"`         // how often one request is asked again; 6
	Backoff       Duration `toml:"backoff"`         // first wait before one request is asked again, doubled each time up to a minute; 1s
	RetryAfterMax Duration `toml:"retry_after_max"` // a longer wait that the service wants ends the run; 5m
	RunDeadline   Duration `toml:"run_deadline"`    // 2h
	Timeout       Duration `toml:"timeout"`         // of one request with its answer; 2m
	MaxResponse   Size     `toml:"max_response"`    // of one answer, unpacked; 256MB

	CAFile        string   `toml:"ca_file"`        // certificates to trust besides the system's
	AllowHTTP     bool     `toml:"allow_http"`     // without TLS to a host that is not this machine
	RedirectHosts []string `toml:"redirect_hosts"` // with auth none: hosts that a redirect may lead to
}

// A Duration is written as in "5m" or "90s".
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v <= 0 {
		return fmt.Errorf("%q is no time such as 90s, 5m or 2h", text)
	}
	*d = Duration(v)
	return nil
}

// A Size is written as in "64MB".
type Size int64

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	var n int64
	var unit string
	if k, err := fmt.Sscanf(string(text), "%d%s", &n, &unit); k == 2 && err == nil && n > 0 && n < 1<<20 {
		shift, ok := map[string]int{"KB": 10, "MB": 20, "GB": 30}[strings.ToUpper(unit)]
		if ok {
			*s = Size(n << shift)
			return nil
		}
	}
	return fmt.Errorf("%q is no size such as 64MB or 1GB", text)
}

// The kinds of auth.
const (
	None          = "none"
	Basic         = "basic"
	Bearer        = "bearer"
	Header        = "header"
	Form          = "form" // the secret as a field of each POST's form, named by header
	OAuth2Client  = "oauth2_client"
	OAuth2Refresh = "oauth2_refresh"
)

func (o *Options) fill() {
	set := func(d *Duration, v time.Duration) {
		if *d == 0 {
			*d = Duration(v)
		}
	}
	set(&o.RetryAfterMax, 5*time.Minute)
	set(&o.RunDeadline, 2*time.Hour)
	set(&o.Timeout, 2*time.Minute)
	set(&o.Backoff, time.Second)
	if o.MaxResponse == 0 {
		o.MaxResponse = 256 << 20
	}
	if o.Concurrency == 0 {
		o.Concurrency = 1
	}
	if o.Retries == 0 {
		o.Retries = 6
	}
	if o.Auth == "" {
		o.Auth = None
	}
}

var (
	envName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
)

// Check finds options that cannot be, without looking at the environment.
func (o *Options) Check() []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	errs = append(errs, o.checkURL("base_url", o.BaseURL)...)
	errs = append(errs, o.checkAuth()...)
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		refuse(!headerName.MatchString(name) || strings.ContainsAny(o.Headers[name], "\r\n"), "headers: %q is no header", name)
		secret := slices.ContainsFunc([]string{"authorization", "cookie", "api-key", "apikey", "token", "secret", "password"}, func(s string) bool {
			return strings.Contains(strings.ToLower(name), s)
		})
		refuse(secret, "headers: %s carries a secret: set auth = \"header\" and header = %q, with the secret in the environment variable that token_env names", name, name)
	}
	refuse(o.RatePerSecond < 0 || o.RatePerSecond > 10_000, "rate_per_second is not between 0 and 10000")
	refuse(o.Concurrency < 0 || o.Concurrency > 64, "concurrency is not from 1 to 64")
	refuse(o.Retries < 0 || o.Retries > 20, "retries is not from 1 to 20")
	refuse(len(o.RedirectHosts) > 0 && o.Auth != "" && o.Auth != None, "redirect_hosts belongs to auth none: credentials are sent to no other host")
	for _, h := range o.RedirectHosts {
		_, err := path.Match(h, "")
		refuse(err != nil || strings.Trim(h, "*.") == "" || strings.ContainsAny(h, "/:@"), "redirect_hosts: %q is no host such as *.googleusercontent.com", h)
	}
	return errs
}

func (o *Options) checkURL(key, text string) []error {
	if text == "" {
		return []error{fmt.Errorf("%s is missing", key)}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Fragment != "":
		return []error{fmt.Errorf("%s is no URL such as https://hr.example.com", key)}
	case u.User != nil:
		return []error{fmt.Errorf("%s holds a user or password: name environment variables with user_env and token_env instead", key)}
	case u.RawQuery != "":
		return []error{fmt.Errorf("%s has a query: write it in the stream's params", key)}
	case u.Scheme == "http" && !o.AllowHTTP && !loopback(u.Hostname()):
		return []error{fmt.Errorf("%s is not https, and what is asked would cross the network in the clear: allow_http = true accepts that", key)}
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// checkAuth finds keys that the kind of auth lacks, or has no use for.
func (o *Options) checkAuth() []error {
	var errs []error
	has := map[string]string{
		"user_env": o.UserEnv, "token_env": o.TokenEnv, "header": o.Header, "prefix": o.Prefix, "token_url": o.TokenURL,
		"client_id_env": o.ClientIDEnv, "client_secret_env": o.ClientSecretEnv, "client_auth": o.ClientAuth,
		"refresh_token_env": o.RefreshTokenEnv, "scopes": strings.Join(o.Scopes, " "),
	}
	wants := map[string][2]string{ // needed, possible
		"": {}, None: {}, Bearer: {"token_env"}, Basic: {"user_env", "token_env"}, Header: {"header token_env", "prefix"}, Form: {"header token_env"},
		OAuth2Client:  {"token_url client_id_env client_secret_env", "scopes client_auth"},
		OAuth2Refresh: {"token_url client_id_env refresh_token_env", "client_secret_env scopes client_auth"},
	}
	want, ok := wants[o.Auth]
	if !ok {
		return []error{fmt.Errorf("auth %q is not one of none, basic, bearer, header, oauth2_client, oauth2_refresh", o.Auth)}
	}
	needed, possible := strings.Fields(want[0]), strings.Fields(want[1])
	for _, key := range slices.Sorted(maps.Keys(has)) {
		switch {
		case has[key] == "" && slices.Contains(needed, key):
			errs = append(errs, fmt.Errorf("auth %q needs %s", o.Auth, key))
		case has[key] != "" && !slices.Contains(needed, key) && !slices.Contains(possible, key):
			errs = append(errs, fmt.Errorf("auth %q has no use for %s", cmpOr(o.Auth, None), key))
		case has[key] != "" && strings.HasSuffix(key, "_env") && !envName.MatchString(has[key]):
			errs = append(errs, fmt.Errorf("%s is no name of an environment variable: the secret itself does not belong into the file", key))
		}
	}
	if o.TokenURL != "" {
		errs = append(errs, o.checkURL("token_url", o.TokenURL)...)
	}
	if o.ClientAuth != "" && o.ClientAuth != "basic" && o.ClientAuth != "body" {
		errs = append(errs, fmt.Errorf("client_auth %q is not basic or body", o.ClientAuth))
	}
	if o.Header != "" && !headerName.MatchString(o.Header) {
		errs = append(errs, fmt.Errorf("header %q is no name of a header", o.Header))
	}
	return errs
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// mayRedirect says whether a redirect without credentials may lead to a URL.
func (o *Options) mayRedirect(u *url.URL) bool {
	if o.Auth != None || u.Scheme != "https" && !loopback(u.Hostname()) || u.User != nil {
		return false
	}
	return slices.ContainsFunc(o.RedirectHosts, func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(u.Hostname()))
		return err == nil && ok
	})
}

// transport is what speaks TLS.
func (o *Options) transport(dir string) (*http.Transport, error) {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 20 * time.Second, ForceAttemptHTTP2: true, DisableCompression: true,
		MaxIdleConnsPerHost: o.Concurrency, MaxConnsPerHost: o.Concurrency, IdleConnTimeout: 30 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if o.CAFile == "" {
		return t, nil
	}
	name := o.CAFile
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("ca_file holds no certificate in PEM")
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}
