package access

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
)

// claims is what an id token says of a reader.
type claims struct {
	id     Identity
	name   string
	person string
	groups []string
	reason string // why the groups give no role
	raw    string
}

// maxGroups is how many groups a reader can be in; more are an overflow.
const maxGroups = 1000

// check verifies what the verifier leaves to the caller, and reads the claims.
func (i *issuer) check(token *oidc.IDToken, raw, nonce string) (*claims, error) {
	skew := time.Duration(i.config.SkewSeconds) * time.Second
	var all map[string]json.RawMessage
	if err := token.Claims(&all); err != nil {
		return nil, fmt.Errorf("id token: %w", err)
	}
	azp := text(all["azp"])
	switch {
	case nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return nil, errors.New("id token: the nonce is not the one of this sign-in")
	case azp != "" && azp != i.config.ClientID, azp == "" && len(token.Audience) > 1:
		return nil, errors.New("id token: it was issued to another client")
	case token.IssuedAt.After(i.clock().Add(skew)):
		return nil, errors.New("id token: it was issued in the future; compare the clocks")
	case token.Subject == "" || len(token.Subject) > 255 || strings.ContainsFunc(token.Subject, isControl):
		return nil, errors.New("id token: it names no subject")
	}
	c := &claims{id: Identity{i.config.Issuer, token.Subject}, raw: raw}
	if c.name = text(find(all, i.config.NameClaim)); c.name == "" {
		c.name = token.Subject
	}
	if runes := []rune(c.name); len(runes) > 80 {
		c.name = string(runes[:80])
	}
	if i.config.PersonClaim != "" {
		c.person = text(find(all, i.config.PersonClaim))
	}
	c.groups, c.reason = readGroups(all, i.config.GroupsClaim)
	return c, nil
}

// find returns the claim of a name, which may be a path such as realm_access.roles.
func find(all map[string]json.RawMessage, name string) json.RawMessage {
	if whole, ok := all[name]; ok || name == "" {
		return whole
	}
	first, rest, nested := strings.Cut(name, ".")
	if !nested {
		return nil
	}
	var inner map[string]json.RawMessage
	if err := json.Unmarshal(all[first], &inner); err != nil {
		return nil
	}
	return find(inner, rest)
}

// text returns a claim that is a text or a number, without its outer spaces; others
// are as good as none.
func text(raw json.RawMessage) string {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		var n json.Number
		if err := json.Unmarshal(raw, &n); err != nil {
			return ""
		}
		s = n.String()
	}
	s = strings.TrimSpace(s)
	if len(s) > 255 || !utf8.ValidString(s) || strings.ContainsFunc(s, isControl) {
		return ""
	}
	return s
}

// readGroups returns the groups of a reader, or why they give no role. Groups
// that the issuer left out because they are too many are no groups: what is not in
// the signed token is not known.
func readGroups(all map[string]json.RawMessage, claim string) (groups []string, reason string) {
	if overflows(all, claim) {
		return nil, "your groups do not fit into the issuer's token (overflow): the issuer must send those that this server uses"
	}
	raw := find(all, claim)
	if raw == nil {
		return nil, fmt.Sprintf("the issuer sent no groups: its token has no claim %q", claim)
	}
	if err := json.Unmarshal(raw, &groups); err != nil {
		one := ""
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, fmt.Sprintf("the issuer's claim %q is not a list of groups", claim)
		}
		groups = []string{one}
	}
	switch {
	case len(groups) > maxGroups:
		return nil, fmt.Sprintf("you are in more than %d groups (overflow): the issuer must send those that this server uses", maxGroups)
	case len(groups) == 0:
		return nil, "you are in no group of the issuer"
	case len(groups) == 1:
		return groups, "the issuer says that you are in one group, to which this server gives no role"
	}
	return groups, fmt.Sprintf("the issuer says that you are in %d groups, to none of which this server gives a role", len(groups))
}

// overflows reports whether the issuer left the groups out of the token.
func overflows(all map[string]json.RawMessage, claim string) bool {
	var elsewhere map[string]json.RawMessage
	if raw, ok := all["_claim_names"]; ok {
		if err := json.Unmarshal(raw, &elsewhere); err != nil {
			return true
		}
		first, _, _ := strings.Cut(claim, ".")
		for _, name := range []string{claim, first, "groups"} {
			if _, ok := elsewhere[name]; ok {
				return true
			}
		}
	}
	for _, name := range []string{"hasgroups", "groups:src1"} {
		if raw, ok := all[name]; ok && string(raw) != "false" {
			return true
		}
	}
	return false
}
