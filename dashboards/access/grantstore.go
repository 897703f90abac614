package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// AddGrant gives a principal a role over units. Its days are checked; from the
// empty day on is from today.
func (st *Store) AddGrant(g Grant) (Grant, error) {
	now := st.clock()
	g.ID, g.At, g.EndedAt, g.EndedBy = newID(8), now.UTC(), nil, ""
	if g.From == "" {
		g.From = now.Format("2006-01-02")
	}
	if err := errors.Join(checkGrant(g.Role, g.Units), checkDays(g.From, g.Until), g.To.check()); err != nil {
		return g, err
	}
	g.Units = tidyUnits(g.Units)
	err := st.update(func(s *state) error {
		s.Grants = append(s.Grants, g)
		return nil
	})
	return g, err
}

// check reports what is wrong with a principal.
func (p Principal) check() error {
	switch {
	case p.Issuer == "" || (p.Subject == "") == (p.Group == ""):
		return errors.New("a grant is for one reader or one group")
	case len(p.Issuer)+len(p.Subject)+len(p.Group) > 1000 || strings.ContainsFunc(p.Issuer+p.Subject+p.Group, isControl):
		return errors.New("the name of the reader or group is not one")
	}
	return nil
}

// EndGrant ends a grant now. It stays in the file as one that has ended.
func (st *Store) EndGrant(id, by string) (ended Grant, err error) {
	err = st.update(func(s *state) error {
		i := slices.IndexFunc(s.Grants, func(g Grant) bool { return g.ID == id && g.EndedAt == nil })
		if i < 0 {
			return fmt.Errorf("grant %q %w, or has ended", id, ErrUnknown)
		}
		now := st.clock().UTC()
		s.Grants[i].EndedAt, s.Grants[i].EndedBy = &now, by
		ended = s.Grants[i]
		return nil
	})
	return ended, err
}

// Grants lists all grants, the newest first; ended ones too.
func (st *Store) Grants() (list []Grant) {
	st.read(func(s *state) { list = slices.Clone(s.Grants) })
	slices.Reverse(list)
	return list
}

// granted returns the grants that a reader has on a day, their own and those of
// their groups.
func (st *Store) granted(id Identity, groups []string, day string) (list []Grant) {
	st.read(func(s *state) {
		for _, g := range s.Grants {
			if !g.holds(day) || g.To.Issuer != id.Issuer {
				continue
			}
			if g.To.Subject != "" && g.To.Subject == id.Subject || g.To.Group != "" && slices.Contains(groups, g.To.Group) {
				list = append(list, g)
			}
		}
	})
	return list
}
