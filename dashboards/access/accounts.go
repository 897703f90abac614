package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrUnknown is wrapped by errors about somebody or something that is not there.
var ErrUnknown = errors.New("is not known")

// checkName refuses account names that could be mistaken.
func checkName(name string) error {
	ok := len(name) >= 2 && len(name) <= 64 && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789._@-") == ""
	if !ok || strings.Trim(name[:1], "._@-") == "" {
		return fmt.Errorf("account %q: want 2 to 64 letters, digits and . _ @ -, a letter or digit first", name)
	}
	return nil
}

// find returns the account of a name, whose case does not matter, or -1.
func (s *state) find(name string) int {
	return slices.IndexFunc(s.Accounts, func(a Account) bool { return strings.EqualFold(a.Name, name) })
}

func (s *state) account(name string) (*Account, error) {
	if i := s.find(name); i >= 0 {
		return &s.Accounts[i], nil
	}
	return nil, fmt.Errorf("account %q %w: \"dials user list\" lists all", name, ErrUnknown)
}

// Account returns the account of a name.
func (st *Store) Account(name string) (found Account, ok bool) {
	st.read(func(s *state) {
		if i := s.find(name); i >= 0 {
			found, ok = s.Accounts[i], true
		}
	})
	return found, ok
}

// bySubject returns the account whose owner is known by subject.
func (st *Store) bySubject(subject string) (found Account, ok bool) {
	st.read(func(s *state) {
		if i := slices.IndexFunc(s.Accounts, func(a Account) bool { return a.Subject == subject }); i >= 0 {
			found, ok = s.Accounts[i], true
		}
	})
	return found, ok
}

// newAccount is an account that is not kept yet.
func (st *Store) newAccount(name, hash string) Account {
	now := st.clock().UTC()
	return Account{Subject: newID(16), Name: name, Hash: hash, CreatedAt: now, PasswordAt: now}
}

// addAccount keeps a new account.
func (st *Store) addAccount(added Account) error {
	return st.update(func(s *state) error {
		if s.find(added.Name) >= 0 {
			return fmt.Errorf("account %q is there already: \"dials user passwd %s\" sets its password", added.Name, added.Name)
		}
		s.Accounts = append(s.Accounts, added)
		return nil
	})
}

// SetPassword replaces the password hash of an account, which ends its sessions.
func (st *Store) SetPassword(name, hash string) error {
	return st.update(func(s *state) error {
		a, err := s.account(name)
		if err != nil {
			return err
		}
		a.Hash, a.PasswordAt = hash, st.clock().UTC()
		return nil
	})
}

// Disable ends an account, or lets it sign in again.
func (st *Store) Disable(name string, disabled bool) error {
	return st.update(func(s *state) error {
		a, err := s.account(name)
		if err != nil {
			return err
		}
		now := st.clock().UTC()
		if a.DisabledAt = nil; disabled {
			a.DisabledAt = &now
		}
		return nil
	})
}

// KeepOut ends what a reader of the issuer sees here, or lets them in again.
func (st *Store) KeepOut(id Identity, out bool, by string) error {
	return st.update(func(s *state) error {
		s.KeptOut = slices.DeleteFunc(s.KeptOut, func(k KeptOut) bool { return k.Identity == id })
		if out {
			s.KeptOut = append(s.KeptOut, KeptOut{Identity: id, By: by, At: st.clock().UTC()})
		}
		return nil
	})
}

// IsKeptOut reports whether a reader of the issuer sees nothing here.
func (st *Store) IsKeptOut(id Identity) (out bool) {
	st.read(func(s *state) {
		out = slices.ContainsFunc(s.KeptOut, func(k KeptOut) bool { return k.Identity == id })
	})
	return out
}

// Accounts lists all accounts, by name.
func (st *Store) Accounts() (list []Account) {
	st.read(func(s *state) { list = slices.Clone(s.Accounts) })
	for i := range list {
		list[i].Hash = ""
	}
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Readers lists the issuer's readers who have signed in, latest first.
func (st *Store) Readers() (list []Known) {
	st.read(func(s *state) { list = slices.Clone(s.Readers) })
	slices.SortStableFunc(list, func(a, b Known) int { return b.LastAt.Compare(a.LastAt) })
	return list
}

// maxReaders bounds how many of the issuer's readers are remembered.
const maxReaders = 20_000

// remember notes that a reader of the issuer signed in, at most once a day.
func (st *Store) remember(id Identity, name string) error {
	today := st.clock().UTC().Truncate(24 * time.Hour)
	same := func(k Known) bool { return k.Identity == id && k.Name == name && k.LastAt.Equal(today) }
	known := false
	st.read(func(s *state) { known = slices.ContainsFunc(s.Readers, same) })
	if known {
		return nil
	}
	return st.update(func(s *state) error {
		s.Readers = slices.DeleteFunc(s.Readers, func(k Known) bool { return k.Identity == id })
		if len(s.Readers) >= maxReaders {
			s.Readers = s.Readers[1:]
		}
		s.Readers = append(s.Readers, Known{Identity: id, Name: name, LastAt: today})
		return nil
	})
}

// Bind says which person a reader is; the empty person unbinds.
func (st *Store) Bind(id Identity, person, by string) error {
	if len(person) > 200 || strings.ContainsFunc(person, isControl) {
		return fmt.Errorf("person %q is not a person_id", person)
	}
	return st.update(func(s *state) error {
		s.Bindings = append(s.Bindings, Binding{Identity: id, Person: person, By: by, At: st.clock().UTC()})
		return nil
	})
}

// Person returns the person_id that a reader is bound to by an admin.
func (st *Store) Person(id Identity) (person string) {
	st.read(func(s *state) {
		for _, b := range slices.Backward(s.Bindings) {
			if b.Identity == id {
				person = b.Person
				return
			}
		}
	})
	return person
}
