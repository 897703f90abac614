package access

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// StorePath is where the accounts, grants and tokens of a warehouse are kept: in
// a file beside it, so that no export, snapshot or query of the warehouse can
// hold a password hash, and so that a restore brings both back.
func StorePath(warehouse string) string { return warehouse + ".access.json" }

// maxStore bounds what is read: a hundred thousand grants.
const maxStore = 64 << 20

// state is the content of the file. Accounts and grants that have ended stay.
type state struct {
	Version  int       `json:"version"`
	Accounts []Account `json:"accounts"`
	Readers  []Known   `json:"readers"`
	Grants   []Grant   `json:"grants"`
	Bindings []Binding `json:"bindings"`
	Tokens   []Token   `json:"tokens"`
	Views    []View    `json:"views,omitempty"`
	KeptOut  []KeptOut `json:"kept_out,omitempty"`
}

// An Account is a local account. Its subject is random, so that a name given
// again inherits nothing.
type Account struct {
	Subject    string     `json:"subject"`
	Name       string     `json:"name"`
	Hash       string     `json:"hash"`
	CreatedAt  time.Time  `json:"created_at"`
	PasswordAt time.Time  `json:"password_at"`
	DisabledAt *time.Time `json:"disabled_at,omitempty"`
}

// ID is the identity of the account's owner.
func (a Account) ID() Identity { return Identity{LocalIssuer, a.Subject} }

// A Known is a reader of the issuer who has signed in, so that an admin can find them.
type Known struct {
	Identity
	Name   string    `json:"name"`
	LastAt time.Time `json:"last_at"` // to the day
}

// A KeptOut is a reader of the issuer who sees nothing here, whatever the issuer says.
type KeptOut struct {
	Identity
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// A Binding says which person a reader is, for their own line.
type Binding struct {
	Identity
	Person string    `json:"person"` // "" unbinds
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// A Store is the file of accounts, grants and tokens. One process may have it open;
// whoever holds the warehouse's own file does.
type Store struct {
	path   string
	clock  func() time.Time
	hasher *hasher // one for all, so that two hashes at once are two

	mu      sync.RWMutex
	s       state
	changed chan struct{} // closed with the next change
}

// OpenStore reads the file at path; without one the store is empty.
func OpenStore(path string, clock func() time.Time) (*Store, error) {
	st := &Store{path: path, clock: clock, hasher: newHasher(fullCost()), s: state{Version: 1}, changed: make(chan struct{})}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("access: %s can be read by others (mode %04o): chmod 600 it", path, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(file, maxStore+1))
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	if st.s, err = decodeState(text); err != nil {
		return nil, fmt.Errorf("access: %s: %w", path, err)
	}
	return st, nil
}

// decodeState reads the file's text; what it does not know is a mistake, so that
// an older program cannot drop what a newer one wrote.
func decodeState(text []byte) (state, error) {
	var s state
	if len(text) > maxStore {
		return s, errors.New("it is too large")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, err
	}
	if d.More() {
		return s, errors.New("it goes on after its end")
	}
	if s.Version != 1 {
		return s, fmt.Errorf("version %d is not one that this program knows", s.Version)
	}
	for _, g := range s.Grants {
		if err := errors.Join(checkGrant(g.Role, g.Units), checkDays(g.From, g.Until)); err != nil {
			return s, fmt.Errorf("grant %s: %w", g.ID, err)
		}
	}
	return s, nil
}

// update changes the state and writes it. What cannot be written does not hold.
func (st *Store) update(change func(s *state) error) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	next, err := copyState(st.s)
	if err != nil {
		return err
	}
	if err := change(&next); err != nil {
		return err
	}
	text, err := json.MarshalIndent(next, "", " ")
	if err != nil {
		return fmt.Errorf("access: %w", err)
	}
	if err := writeWhole(st.path, append(text, '\n')); err != nil {
		return fmt.Errorf("access: %w", err)
	}
	st.s = next
	close(st.changed)
	st.changed = make(chan struct{})
	return nil
}

// Changed returns a channel that is closed with the next change.
func (st *Store) Changed() <-chan struct{} {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.changed
}

func copyState(s state) (state, error) {
	var c state
	text, err := json.Marshal(s)
	if err != nil {
		return c, fmt.Errorf("access: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("access: %w", err)
	}
	return c, nil
}

// read lets look see the state; it must keep nothing of it.
func (st *Store) read(look func(s *state)) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	look(&st.s)
}

// writeWhole replaces the file at path, which is either the old or the new one
// whatever happens, and is readable by its owner alone from the first moment.
func writeWhole(path string, text []byte) (err error) {
	dir := filepath.Dir(path)
	next, err := os.CreateTemp(dir, filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(next.Name()))
		}
	}()
	if _, err := next.Write(text); err != nil {
		return errors.Join(err, next.Close())
	}
	if err := errors.Join(next.Sync(), next.Close()); err != nil {
		return err
	}
	if err := os.Rename(next.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// newID returns a random name of n letters and digits.
func newID(n int) string {
	random := make([]byte, n)
	_, _ = rand.Read(random) // it never returns an error
	return strings.ToLower(base32.StdEncoding.EncodeToString(random))[:n]
}
