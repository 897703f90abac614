package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A View is a page with its filters that a reader keeps under a name.
type View struct {
	Identity
	Name string    `json:"name"`
	Path string    `json:"path"` // with its query, on this server
	At   time.Time `json:"at"`
}

// Bounds of what readers keep.
const (
	maxViews    = 50
	maxViewName = 80
	maxViewPath = 2000
)

// ErrView is wrapped where a view cannot be kept.
var ErrView = errors.New("the view cannot be kept")

// Views returns the views of a reader by name.
func (st *Store) Views(id Identity) []View {
	var own []View
	st.read(func(s *state) {
		for _, v := range s.Views {
			if v.Identity == id {
				own = append(own, v)
			}
		}
	})
	slices.SortFunc(own, func(a, b View) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return own
}

// KeepView keeps a page under a name, in place of what the reader had there.
func (st *Store) KeepView(id Identity, name, path string) error {
	name = strings.TrimSpace(name)
	switch {
	case name == "" || len(name) > maxViewName || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%w: its name must have 1 to %d letters", ErrView, maxViewName)
	case !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\#") || len(path) > maxViewPath || strings.ContainsFunc(path, unicode.IsControl):
		return fmt.Errorf("%w: it is no page of this server", ErrView)
	}
	return st.update(func(s *state) error {
		s.Views = slices.DeleteFunc(s.Views, func(v View) bool { return v.Identity == id && v.Name == name })
		n := 0
		for _, v := range s.Views {
			if v.Identity == id {
				n++
			}
		}
		if n >= maxViews {
			return fmt.Errorf("%w: %d are kept already, drop one first", ErrView, maxViews)
		}
		s.Views = append(s.Views, View{Identity: id, Name: name, Path: path, At: st.clock().UTC().Truncate(time.Second)})
		return nil
	})
}

// DropView forgets a view.
func (st *Store) DropView(id Identity, name string) error {
	return st.update(func(s *state) error {
		s.Views = slices.DeleteFunc(s.Views, func(v View) bool { return v.Identity == id && v.Name == name })
		return nil
	})
}
