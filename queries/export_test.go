package queries

import (
	"testing"

	"dials/warehouse"
)

// AttackedCompanies are some of the companies that the attack works at, for tests that ask as readers do.
func AttackedCompanies(t testing.TB, companies int) *warehouse.Warehouse {
	t.Helper()
	return smallCompanies(t, 0, companies)
}

// ScrambleHidden puts other numbers into everything of the marts that is hidden.
func ScrambleHidden(t testing.TB, w *warehouse.Warehouse) {
	t.Helper()
	scramble(t, w, martsOfPeople(t, w))
}
