package access

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"dials/dashboards/audit"
)

func (s *site) token(t testing.TB, scopes ...string) (Token, string) {
	t.Helper()
	made, secret, err := s.desk.CreateToken(Actor{Name: "test"}, Token{
		Purpose: "monthly board pack", Scopes: scopes, Units: []string{"SALES"}, ExpiresAt: s.clock.Now().Add(90 * 24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return made, secret
}

func TestTokens(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "anna", "hr", "*")
	made, secret := s.token(t, ScopeExtracts)
	b := s.browser(t)
	b.signIn("anna", password)
	ask := func(authorization, path string) (int, string) {
		b.headers = map[string]string{"Authorization": authorization}
		status, body, _ := b.get(path)
		return status, body
	}
	if status, body := ask("Bearer "+secret, "/extracts/rows"); status != 200 || body != "token "+made.ID+" analyst@SALES " {
		t.Errorf("its scope: %d %q", status, body)
	}
	for name, tt := range map[string]struct {
		authorization, path string
		status              int
	}{
		"the same by the API":              {"Bearer " + secret, "/api/v1/extracts", 404},
		"another scope":                    {"Bearer " + secret, "/api/v1/rows", 403},
		"a page, with a reader's cookie":   {"Bearer " + secret, "/", 403},
		"a path that begins like its own":  {"Bearer " + secret, "/extractsx", 403},
		"no token, with a reader's cookie": {"Bearer", "/", 401},
		"another scheme":                   {"Basic " + secret, "/extracts/rows", 401},
		"another secret":                   {"Bearer " + secret[:len(secret)-1] + "_", "/extracts/rows", 401},
		"another id":                       {"Bearer " + tokenPrefix + "aaaaaaaaaa" + secret[16:], "/extracts/rows", 401},
		"its hash":                         {"Bearer " + tokenPrefix + made.ID + "_" + made.Hash[:43], "/extracts/rows", 401},
		"lower case scheme":                {"bearer " + secret, "/extracts/rows", 200},
	} {
		if status, body := ask(tt.authorization, tt.path); status != tt.status {
			t.Errorf("%s: %d %q, want %d", name, status, body, tt.status)
		}
	}
	// It needs no Origin, and no cookie counts beside it.
	b.headers = map[string]string{"Authorization": "Bearer " + secret, "Origin": ""}
	if status, _, _ := b.post("/extracts/none", nil); status != 404 {
		t.Errorf("a change by token: %d, want 404", status)
	}
	must(t, s.desk.RevokeToken(Actor{Name: "test"}, made.ID))
	if status, _ := ask("Bearer "+secret, "/extracts/rows"); status != 401 {
		t.Errorf("revoked: %d", status)
	}
	_, other := s.token(t, ScopeExtracts)
	s.clock.move(90 * 24 * time.Hour)
	if status, _ := ask("Bearer "+other, "/extracts/rows"); status != 401 {
		t.Errorf("expired: %d", status)
	}
	if got := s.events(t, audit.Token); len(got) != 3 || got[0].Fields["purpose"] != "monthly board pack" {
		t.Errorf("audit %+v", got)
	}
}

// The file holds no secret, and when a token was last used to the minute.
func TestTokenFile(t *testing.T) {
	s := newSite(t, nil)
	made, secret := s.token(t, ScopeExtracts)
	b := s.browser(t)
	b.headers["Authorization"] = "Bearer " + secret
	written := func() (info os.FileInfo, text string) {
		info, err := os.Stat(s.Store.path)
		must(t, err)
		raw, err := os.ReadFile(s.Store.path)
		must(t, err)
		return info, string(raw)
	}
	b.get("/extracts/rows")
	first, text := written()
	_, bare, _ := parseToken(secret)
	if strings.Contains(text, bare) || !strings.Contains(text, made.Hash) {
		t.Error("the file holds the secret of a token, or not its hash")
	}
	if first.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", first.Mode())
	}
	for range 20 {
		s.clock.move(2 * time.Second)
		b.get("/extracts/rows")
	}
	if again, _ := written(); !os.SameFile(first, again) {
		t.Error("written more than once within a minute")
	}
	s.clock.move(time.Minute)
	b.get("/extracts/rows")
	if again, _ := written(); os.SameFile(first, again) {
		t.Error("not written in the next minute")
	}
	var list []Token
	text2, err := json.Marshal(s.Store.Tokens())
	must(t, err)
	must(t, json.Unmarshal(text2, &list))
	if list[0].Hash != "" || list[0].UsedAt == nil {
		t.Errorf("listed as %+v", list[0])
	}
}

func TestTokenMistakes(t *testing.T) {
	s := newSite(t, nil)
	good := Token{Purpose: "board pack", Scopes: []string{ScopeAPI}, Units: []string{"*"}, ExpiresAt: s.clock.Now().Add(time.Hour)}
	for want, change := range map[string]func(*Token){
		"needs a scope":                    func(k *Token) { k.Scopes = nil },
		`scope "all" is not one of`:        func(k *Token) { k.Scopes = []string{"all"} },
		"needs a purpose":                  func(k *Token) { k.Purpose = "  x  " },
		`role "admin" is not one`:          func(k *Token) { k.Role = "admin" },
		"role analyst needs a unit":        func(k *Token) { k.Units = nil },
		"lives for 1 to 366 days":          func(k *Token) { k.ExpiresAt = s.clock.Now() },
		`role "manager" is not one that a`: func(k *Token) { k.Role = "manager" },
	} {
		k := good
		change(&k)
		if _, _, err := s.desk.CreateToken(Actor{}, k); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
