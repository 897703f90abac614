package access

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A path to go back to is always one of this server.
func FuzzReturnPath(f *testing.F) {
	for _, seed := range []string{"/", "/x?a=b", "//evil", "/\\evil", "https://evil", "/%2f%2fevil", "/\r\nX: y", "", "/a//b", "/;@evil", "/?//evil"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "dials.example.com", Path: "/sign-in"}
	f.Fuzz(func(t *testing.T, to string) {
		got := SafeReturn(to)
		u, err := url.Parse(got)
		if err != nil || !strings.HasPrefix(got, "/") || strings.ContainsAny(got, "\r\n\\") {
			t.Fatalf("%q gives %q, %v", to, got, err)
		}
		if target := base.ResolveReference(u); target.Host != base.Host || target.Scheme != base.Scheme || target.User != nil {
			t.Errorf("%q leads to %s", to, target)
		}
		if SafeReturn(got) != got {
			t.Errorf("%q gives %q, which is not its own", to, got)
		}
	})
}

// Whatever a client writes into X-Forwarded-For, the address is one that the last
// trusted proxy saw, or the peer's.
func FuzzClientAddress(f *testing.F) {
	for _, seed := range []string{"", "1.2.3.4", "1.2.3.4, 10.0.0.1", "[::1]:80", "unknown", "::ffff:1.2.3.4", "1.2.3.4:99999", "fe80::1%eth0"} {
		f.Add(seed)
	}
	trusted, err := parseProxies([]string{"127.0.0.1", "10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	peer := netip.MustParseAddr("127.0.0.1")
	f.Fuzz(func(t *testing.T, written string) {
		seen := netip.MustParseAddr("203.0.113.7")
		if got := clientAddress(peer, []string{written, seen.String()}, trusted); got != seen {
			t.Errorf("%q before the proxy's own entry: %s", written, got)
		}
		if got := clientAddress(peer, []string{written}, trusted); !got.IsValid() || got.Zone() != "" {
			t.Errorf("%q: %s", written, got)
		}
		if got := clientAddress(seen, []string{written}, trusted); got != seen {
			t.Errorf("%q from no proxy of ours: %s", written, got)
		}
	})
}

func FuzzPasswordHash(f *testing.F) {
	h := newHasher(cost{memory: 64, passes: 1, lanes: 1})
	for _, seed := range []string{h.decoy, "", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$$$$$", h.decoy + "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		c, salt, key, err := decodeHash(encoded)
		if err != nil {
			return
		}
		if encodeHash(c, salt, key) != encoded || c.memory > 1<<20 || c.passes > 20 {
			t.Errorf("%q is read as %+v", encoded, c)
		}
	})
}

func FuzzStore(f *testing.F) {
	for _, seed := range []string{
		`{"version":1}`, `{"version":2}`, `{"version":1,"x":1}`, `{"version":1} {}`, ``, `[]`,
		`{"version":1,"grants":[{"id":"a","to":{"issuer":"local","subject":"x"},"role":"hr","units":["*"],"from":"2026-01-01","by":"","at":"2026-01-01T00:00:00Z"}]}`,
		`{"version":1,"grants":[{"id":"a","role":"root","from":"2026-01-01"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := decodeState(text)
		if err != nil {
			return
		}
		for _, g := range s.Grants {
			if checkGrant(g.Role, g.Units) != nil {
				t.Errorf("grant %+v", g)
			}
		}
		if _, err := copyState(s); err != nil {
			t.Error(err)
		}
	})
}

func FuzzToken(f *testing.F) {
	for _, seed := range []string{"", "dials_", "dials_aaaaaaaaaa_" + strings.Repeat("b", 43), "dials_aaaaaaaaaa-" + strings.Repeat("b", 43)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id, secret, ok := parseToken(text); ok && tokenPrefix+id+"_"+secret != text {
			t.Errorf("%q is read as %q and %q", text, id, secret)
		}
	})
}

// Whatever the issuer's token says of groups: no list, no groups, and never more
// than fit.
func FuzzGroups(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"groups":["a"]}`, `{"groups":"a"}`, `{"groups":[1]}`, `{"groups":{}}`, `{"groups":null}`, `{"_claim_names":{"groups":"x"}}`,
		`{"_claim_names":1}`, `{"hasgroups":true,"groups":["a"]}`, `{"a":{"b":["c"]}}`,
	} {
		f.Add([]byte(seed), "groups")
		f.Add([]byte(seed), "a.b")
	}
	f.Fuzz(func(t *testing.T, text []byte, claim string) {
		var all map[string]json.RawMessage
		if json.Unmarshal(text, &all) != nil {
			return
		}
		groups, reason := readGroups(all, claim)
		if reason == "" || len(groups) > maxGroups {
			t.Errorf("%s: %d groups, reason %q", text, len(groups), reason)
		}
		if overflows(all, claim) && groups != nil {
			t.Errorf("%s: overflows, and has %q", text, groups)
		}
	})
}

func FuzzRequestLine(f *testing.F) {
	f.Add("/", "a=1")
	f.Add("/%ff", "a=%00&a=1")
	f.Add("/x", "a=1;b=2&%zz")
	f.Fuzz(func(t *testing.T, path, query string) {
		if malformed(path, query) != "" {
			return
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		for name, given := range values {
			if len(given) != 1 || !utf8.ValidString(name+given[0]) || strings.ContainsAny(name+given[0], "\r\n\x00") {
				t.Errorf("%q lets %q=%q through", query, name, given)
			}
		}
	})
}

// A cookie of a sign-in that we did not seal is none.
func FuzzFlow(f *testing.F) {
	s, err := newSeal()
	if err != nil {
		f.Fatal(err)
	}
	now := newClock().Now()
	good, err := s.close(newFlow("/", "v", now))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:len(good)-1])
	f.Add("")
	f.Add("====")
	f.Fuzz(func(t *testing.T, cookie string) {
		if cookie == good {
			return
		}
		if got, err := s.open(cookie, now.Add(time.Second)); err == nil {
			t.Errorf("%q is %+v", cookie, got)
		}
	})
}

func FuzzCSRF(f *testing.F) {
	s := &session{secret: [32]byte{1, 2, 3}}
	f.Add(s.csrf()[:80])
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if s.accepts(token) { // it would have to know the secret
			t.Errorf("%q is accepted", token)
		}
	})
}

// An Origin that is read has a scheme and a host, and means what a browser means by it.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{"https://dials.example.com", "http://[::1]:80", "null", "", "https://a@b", "https://a/", "https://a?", "https://a#", "https://a\\b", "HTTPS://A", "https://a%00", "https://0%a0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseOrigin(text)
		if err != nil {
			return
		}
		if u.Host == "" || u.User != nil || u.Path != "" || !strings.EqualFold(u.Scheme+"://"+u.Host, text) {
			t.Errorf("%q is read as %s", text, u)
		}
	})
}

// A Host that is taken for loopback names this machine and nothing else.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"localhost", "127.0.0.1:80", "[::1]", "[::1]:80", "::1", "localhost:", "localhost@evil", "evil:80", "[::1", "127.0.0.1:80:80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		name, port, found := cutPort(host)
		if !isLoopbackHost(host) {
			return
		}
		if n := strings.ToLower(name); n != "localhost" && n != "127.0.0.1" && n != "[::1]" || found && strings.Trim(port, "0123456789") != "" {
			t.Errorf("%q is taken for loopback", host)
		}
		if u, err := url.Parse("http://" + host + "/"); err == nil && !isLoopbackName(u.Hostname()) {
			t.Errorf("%q is %q to a browser", host, u.Hostname())
		}
	})
}
