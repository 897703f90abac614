package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dials/queries"
)

// Scopes of tokens: what a program may ask for.
const (
	ScopeExtracts = "extracts:read" // extracts of rows, for BI tools
	ScopeAPI      = "api:read"      // the JSON of the pages
	ScopeMetrics  = "metrics:read"  // the server's own health
	ScopeSQL      = "sql:read"      // queries of the extracts through Flight SQL, which has no path
)

// allScopes lists them as words do.
const allScopes = ScopeExtracts + ", " + ScopeAPI + ", " + ScopeSQL + ", " + ScopeMetrics

// scopes lists every scope and the paths that it opens; the first that fits counts.
var scopes = [...]struct{ scope, path string }{
	{ScopeExtracts, "/extracts"},
	{ScopeExtracts, "/api/v1/extracts"},
	{ScopeAPI, "/api"},
	{ScopeMetrics, "/metrics"},
}

// scopeOf returns the scope that a token needs for a path; paths without one are
// closed to tokens.
func scopeOf(path string) (string, bool) {
	for _, s := range scopes {
		if path == s.path || strings.HasPrefix(path, s.path+"/") {
			return s.scope, true
		}
	}
	return "", false
}

// A Token lets a program read on its own behalf.
type Token struct {
	ID      string       `json:"id"`
	Hash    string       `json:"hash"` // SHA-256 of the secret, which is random and long
	Purpose string       `json:"purpose"`
	Scopes  []string     `json:"scopes"`
	Role    queries.Role `json:"role"`
	Units   []string     `json:"units"`

	By        string     `json:"by"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at,omitempty"` // to the minute
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	RevokedBy string     `json:"revoked_by,omitempty"`
}

// tokenRoles are those that a program may act in: no role that reads its owner's
// line, the audit, or may change something.
var tokenRoles = [...]queries.Role{
	queries.Analyst, queries.Executive, queries.Learning, queries.Finance, queries.HR,
}

// maxTokenLife bounds how long a token can live.
const maxTokenLife = 366 * 24 * time.Hour

// check reports what is wrong with a token that is to be created now.
func (t Token) check(now time.Time) error {
	var errs []error
	if len(t.Scopes) == 0 {
		errs = append(errs, errors.New("a token needs a scope: one of "+allScopes))
	}
	for _, scope := range t.Scopes {
		if !slices.Contains([]string{ScopeExtracts, ScopeAPI, ScopeSQL, ScopeMetrics}, scope) {
			errs = append(errs, fmt.Errorf("scope %q is not one of %s", scope, allScopes))
		}
	}
	if p := strings.TrimSpace(t.Purpose); len(p) < 5 || len(p) > 200 || strings.ContainsFunc(p, isControl) {
		errs = append(errs, errors.New("a token needs a purpose of 5 to 200 characters: it is logged with every extract"))
	}
	if !slices.Contains(tokenRoles[:], t.Role) {
		errs = append(errs, fmt.Errorf("role %q is not one that a token can have: analyst, executive, learning, finance or hr", t.Role))
	} else if err := checkGrant(t.Role, t.Units); err != nil {
		errs = append(errs, err)
	}
	if !t.ExpiresAt.After(now) || t.ExpiresAt.Sub(now) > maxTokenLife {
		errs = append(errs, errors.New("a token lives for 1 to 366 days"))
	}
	return errors.Join(errs...)
}

// tokenPrefix marks our tokens, so that scanners of leaked secrets find them.
const tokenPrefix = "dials_"

// CreateToken adds a token and returns its secret, which is kept nowhere.
func (st *Store) CreateToken(t Token) (Token, string, error) {
	now := st.clock().UTC()
	if t.Role == "" {
		t.Role = queries.Analyst
	}
	if err := t.check(now); err != nil {
		return t, "", err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it never returns an error
	t.ID, t.CreatedAt, t.Units = newID(10), now, tidyUnits(t.Units)
	t.UsedAt, t.RevokedAt, t.RevokedBy = nil, nil, ""
	text := base64.RawURLEncoding.EncodeToString(secret)
	t.Hash = hashSecret(text)
	err := st.update(func(s *state) error {
		s.Tokens = append(s.Tokens, t)
		return nil
	})
	return t, tokenPrefix + t.ID + "_" + text, err
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// parseToken takes a token apart into its id and its secret.
func parseToken(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	if !ok || len(rest) != 10+1+43 || rest[10] != '_' {
		return "", "", false
	}
	return rest[:10], rest[11:], true
}

// token returns the token that text is, if it may be used now.
func (st *Store) token(text string) (found Token, ok bool) {
	id, secret, ok := parseToken(text)
	if !ok {
		return found, false
	}
	hash, now := hashSecret(secret), st.clock()
	ok = false
	st.read(func(s *state) {
		for _, t := range s.Tokens {
			if t.ID == id {
				same := subtle.ConstantTimeCompare([]byte(t.Hash), []byte(hash)) == 1
				found, ok = t, same && t.RevokedAt == nil && now.Before(t.ExpiresAt)
			}
		}
	})
	return found, ok
}

// used notes that a token was used, at most once a minute.
func (st *Store) used(t Token) error {
	now := st.clock().UTC().Truncate(time.Minute)
	if t.UsedAt != nil && !t.UsedAt.Before(now) {
		return nil
	}
	return st.update(func(s *state) error {
		for i := range s.Tokens {
			if s.Tokens[i].ID == t.ID {
				s.Tokens[i].UsedAt = &now
			}
		}
		return nil
	})
}

// RevokeToken ends a token at once.
func (st *Store) RevokeToken(id, by string) error {
	return st.update(func(s *state) error {
		i := slices.IndexFunc(s.Tokens, func(t Token) bool { return t.ID == id && t.RevokedAt == nil })
		if i < 0 {
			return fmt.Errorf("token %q %w, or is revoked", id, ErrUnknown)
		}
		now := st.clock().UTC()
		s.Tokens[i].RevokedAt, s.Tokens[i].RevokedBy = &now, by
		return nil
	})
}

// Tokens lists all tokens without their hashes, the newest first.
func (st *Store) Tokens() (list []Token) {
	st.read(func(s *state) { list = slices.Clone(s.Tokens) })
	for i := range list {
		list[i].Hash = ""
	}
	slices.Reverse(list)
	return list
}
