package access

import (
	"cmp"
	"slices"
)

// Names are the names under which a person signed in: what they entered has them.
func (st *Store) Names(person string) (names []string) {
	st.read(func(s *state) {
		for _, b := range s.Bindings {
			if b.Person != person || person == "" {
				continue
			}
			for _, a := range s.Accounts {
				if a.ID() == b.Identity {
					names = append(names, a.Name)
				}
			}
			for _, k := range s.Readers {
				if k.Identity == b.Identity {
					names = append(names, k.Name)
				}
			}
		}
	})
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

// Erase forgets the readers who are bound to a person, or ever were: their accounts,
// names, bindings and grants. It returns who they were.
func (st *Store) Erase(person string) ([]Identity, error) {
	var gone []Identity
	st.read(func(s *state) {
		for _, b := range s.Bindings {
			if b.Person == person && person != "" {
				gone = append(gone, b.Identity)
			}
		}
	})
	if len(gone) == 0 {
		return nil, nil
	}
	slices.SortFunc(gone, func(a, b Identity) int {
		return cmp.Or(cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Subject, b.Subject))
	})
	gone = slices.Compact(gone)
	isGone := func(id Identity) bool { return slices.Contains(gone, id) }
	return gone, st.update(func(s *state) error {
		s.Accounts = slices.DeleteFunc(s.Accounts, func(a Account) bool { return isGone(a.ID()) })
		s.Readers = slices.DeleteFunc(s.Readers, func(k Known) bool { return isGone(k.Identity) })
		s.Views = slices.DeleteFunc(s.Views, func(v View) bool { return isGone(v.Identity) })
		s.KeptOut = slices.DeleteFunc(s.KeptOut, func(k KeptOut) bool { return isGone(k.Identity) })
		s.Bindings = slices.DeleteFunc(s.Bindings, func(b Binding) bool { return isGone(b.Identity) })
		s.Grants = slices.DeleteFunc(s.Grants, func(g Grant) bool { return g.To.Group == "" && isGone(g.To.Identity) })
		return nil
	})
}
