package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// cost is what one argon2id hash takes.
type cost struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// fullCost is what passwords are hashed with: 64 MiB, about a tenth of a second.
func fullCost() cost { return cost{memory: 64 << 10, passes: 3, lanes: 1} }

const saltSize, keySize = 16, 32

// ErrBusy means that too many passwords are being checked at once.
var ErrBusy = errors.New("too many sign-ins at once")

// A hasher hashes passwords, two at a time, so that sign-ins cannot take the
// memory of the server.
type hasher struct {
	cost  cost
	slots chan struct{}
	decoy string // the hash that a password is held against where there is no account
}

func newHasher(c cost) *hasher {
	h := &hasher{cost: c, slots: make(chan struct{}, 2)}
	salt := make([]byte, saltSize)
	h.decoy = encodeHash(c, salt, make([]byte, keySize))
	return h
}

// take waits for a slot, and returns what gives it back.
func (h *hasher) take(ctx context.Context) (func(), error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

// hash returns the encoded hash of a password under a fresh salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.take(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // it never returns an error
	key := argon2.IDKey([]byte(password), salt, h.cost.passes, h.cost.memory, h.cost.lanes, keySize)
	return encodeHash(h.cost, salt, key), nil
}

// matches reports whether password is the one behind encoded. The empty encoded
// is no account, which takes as long as one and never matches.
func (h *hasher) matches(ctx context.Context, encoded, password string) (bool, error) {
	known := encoded != ""
	if !known {
		encoded = h.decoy
	}
	c, salt, key, err := decodeHash(encoded)
	if err != nil {
		return false, err
	}
	done, err := h.take(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	got := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1 && known, nil
}

// encodeHash writes a hash in the PHC format that other programs read.
func encodeHash(c cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, c.memory, c.passes, c.lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

var errHash = errors.New("a stored password hash is damaged: set the password again")

// decodeHash reads what encodeHash wrote; it never asks for more than 1 GiB.
func decodeHash(encoded string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, errHash
	}
	b64 := base64.RawStdEncoding.Strict()
	salt, saltErr := b64.DecodeString(parts[4])
	key, keyErr := b64.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(salt) < 8 || len(salt) > 64 || len(key) != keySize ||
		c.memory < 8 || c.memory > 1<<20 || c.passes < 1 || c.passes > 20 || c.lanes < 1 || c.lanes > 16 ||
		encodeHash(c, salt, key) != encoded {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}

// checkPassword refuses passwords that are guessed soon. There are no rules of
// composition: they make passwords worse.
func checkPassword(account, password string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return errors.New("the password is not valid UTF-8")
	case n < 12:
		return fmt.Errorf("the password has %d characters: want 12 or more, such as four words", n)
	case len(password) > maxPassword:
		return fmt.Errorf("the password is longer than %d bytes", maxPassword)
	case strings.Contains(strings.ToLower(password), strings.ToLower(account)):
		return errors.New("the password holds the name of the account")
	case strings.Count(password, password[:1]) == len(password):
		return errors.New("the password is one character, repeated")
	}
	return nil
}

// maxPassword bounds what is hashed.
const maxPassword = 256
