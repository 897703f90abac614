package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"sync"
	"time"
)

// A session is one signed-in browser. Sessions live in memory: a restart asks
// everybody to sign in again.
type session struct {
	id        Identity
	name      string
	groups    []string
	person    string    // by the issuer's claim
	reason    string    // why the issuer's groups gave no role
	since     time.Time // signed in
	seen      time.Time
	secret    [32]byte // of its CSRF tokens
	tag       string
	choice    string // which of several sets of roles the reader acts in
	idToken   string // for the issuer's sign-out
	passwords time.Time
}

// sessions are all of them, by the SHA-256 of the cookie's value.
type sessions struct {
	idle, absolute time.Duration

	mu     sync.Mutex
	byHash map[[32]byte]*session
	swept  time.Time
}

const (
	// maxSessions bounds the memory that sessions take.
	maxSessions = 50_000
	// maxPerReader is how many browsers one reader may be signed in with.
	maxPerReader = 20
)

func newSessions(idle, absolute time.Duration) *sessions {
	return &sessions{idle: idle, absolute: absolute, byHash: map[[32]byte]*session{}}
}

// open starts a session under a fresh cookie, and ends the one of the old cookie:
// whoever planted that has nothing.
func (all *sessions) open(s *session, old string, now time.Time) (cookie string) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // it never returns an error
	_, _ = rand.Read(s.secret[:])
	cookie = base64.RawURLEncoding.EncodeToString(random)
	s.since, s.seen = now, now
	sum := sha256.Sum256(append([]byte("tag"), random...))
	s.tag = hex.EncodeToString(sum[:8])

	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.byHash, sha256.Sum256([]byte(old)))
	all.sweep(now)
	all.makeRoom(s.id)
	all.byHash[sha256.Sum256([]byte(cookie))] = s
	return cookie
}

// makeRoom ends the sessions that were unused for longest, where there are too many.
func (all *sessions) makeRoom(id Identity) {
	of := 0
	var oldest, oldestOf [32]byte
	var at, atOf time.Time
	for hash, s := range all.byHash {
		if at.IsZero() || s.seen.Before(at) {
			oldest, at = hash, s.seen
		}
		if s.id != id {
			continue
		}
		if of++; atOf.IsZero() || s.seen.Before(atOf) {
			oldestOf, atOf = hash, s.seen
		}
	}
	switch {
	case of >= maxPerReader:
		delete(all.byHash, oldestOf)
	case len(all.byHash) >= maxSessions:
		delete(all.byHash, oldest)
	}
}

// sweep ends what has timed out, once a minute.
func (all *sessions) sweep(now time.Time) {
	if now.Sub(all.swept) < time.Minute {
		return
	}
	all.swept = now
	for hash, s := range all.byHash {
		if all.over(s, now) {
			delete(all.byHash, hash)
		}
	}
}

// over reports whether a session has timed out.
func (all *sessions) over(s *session, now time.Time) bool {
	return now.Sub(s.seen) >= all.idle || now.Sub(s.since) >= all.absolute
}

// find returns a copy of the session of a cookie, which counts as used now.
func (all *sessions) find(cookie string, now time.Time) (session, bool) {
	if cookie == "" || len(cookie) > 100 {
		return session{}, false
	}
	hash := sha256.Sum256([]byte(cookie))
	all.mu.Lock()
	defer all.mu.Unlock()
	s, ok := all.byHash[hash]
	if !ok {
		return session{}, false
	}
	if all.over(s, now) {
		delete(all.byHash, hash)
		return session{}, false
	}
	s.seen = now
	return *s, true
}

// choose sets which roles the reader of a cookie acts in.
func (all *sessions) choose(cookie, choice string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s, ok := all.byHash[sha256.Sum256([]byte(cookie))]; ok {
		s.choice = choice
	}
}

// end ends the session of a cookie and returns what it was.
func (all *sessions) end(cookie string) (session, bool) {
	hash := sha256.Sum256([]byte(cookie))
	all.mu.Lock()
	defer all.mu.Unlock()
	s, ok := all.byHash[hash]
	if !ok {
		return session{}, false
	}
	delete(all.byHash, hash)
	return *s, true
}

// csrf returns a token for a form of this session. Each differs, so that how a
// page compresses tells nothing of the secret.
func (s *session) csrf() string {
	masked := make([]byte, 64)
	_, _ = rand.Read(masked[:32]) // it never returns an error
	subtle.XORBytes(masked[32:], masked[:32], s.secret[:])
	return base64.RawURLEncoding.EncodeToString(masked)
}

// accepts reports whether a form's token is of this session.
func (s *session) accepts(token string) bool {
	masked, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(masked) != 64 {
		return false
	}
	secret := make([]byte, 32)
	subtle.XORBytes(secret, masked[:32], masked[32:])
	return subtle.ConstantTimeCompare(secret, s.secret[:]) == 1
}
