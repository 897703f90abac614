package access

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dials/queries"
)

// One who is erased leaves neither account nor name nor grant; others keep theirs.
func TestErase(t *testing.T) {
	clock := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	path := filepath.Join(t.TempDir(), "a.json")
	st, err := OpenStore(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	err = st.update(func(s *state) error {
		for _, name := range []string{"ada", "bob"} {
			a := Account{Subject: "s-" + name, Name: name}
			s.Accounts = append(s.Accounts, a)
			s.Bindings = append(s.Bindings, Binding{Identity: a.ID(), Person: "P-" + name})
			s.Readers = append(s.Readers, Known{Identity: a.ID(), Name: "Reader " + name})
			s.Views = append(s.Views, View{Identity: a.ID(), Name: "mine", Path: "/"})
			s.Grants = append(s.Grants, Grant{ID: "g-" + name, To: Principal{Identity: a.ID()}, Role: queries.Manager, From: "2026-01-01"})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ada, _ := st.Account("ada")
	if diff := cmp.Diff([]string{"Reader ada", "ada"}, st.Names("P-ada")); diff != "" {
		t.Error(diff)
	}
	gone, err := st.Erase("P-ada")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Identity{ada.ID()}, gone); diff != "" {
		t.Error(diff)
	}
	if st, err = OpenStore(path, clock); err != nil {
		t.Fatal(err)
	}
	if _, known := st.Account("ada"); known || len(st.Accounts()) != 1 || len(st.Grants()) != 1 || len(st.Views(ada.ID())) != 0 || st.Names("P-ada") != nil {
		t.Errorf("%v, %v", st.Accounts(), st.Grants())
	}
	for _, nobody := range []string{"", "P-9"} {
		if gone, err := st.Erase(nobody); err != nil || len(gone) != 0 {
			t.Errorf("%q: %v, %v", nobody, gone, err)
		}
	}
}
