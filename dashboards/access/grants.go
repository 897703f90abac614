package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dials/queries"
)

// A Principal is whom a grant is for: one reader or a group of the issuer.
type Principal struct {
	Identity
	Group string `json:"group,omitempty"` // of the issuer; then there is no subject
}

// A Grant lets a principal act in a role, over org subtrees, from a day on.
type Grant struct {
	ID    string       `json:"id"`
	To    Principal    `json:"to"`
	Role  queries.Role `json:"role"`
	Units []string     `json:"units,omitempty"`
	From  string       `json:"from"`            // the first day, 2026-01-31
	Until string       `json:"until,omitempty"` // the last day; open if empty
	By    string       `json:"by"`
	At    time.Time    `json:"at"`

	EndedBy string     `json:"ended_by,omitempty"`
	EndedAt *time.Time `json:"ended_at,omitempty"`
}

// holds reports whether the grant counts on a day.
func (g Grant) holds(day string) bool {
	return g.EndedAt == nil && g.From <= day && (g.Until == "" || day <= g.Until)
}

// unitless are the roles that need no org units: a manager has their own line, and
// units only if they head some; the others see no data.
var unitless = [...]queries.Role{queries.Manager, queries.DPO, queries.Admin}

func isUnitless(r queries.Role) bool { return slices.Contains(unitless[:], r) }

// checkGrant reports what is wrong with a role over units.
func checkGrant(role queries.Role, units []string) error {
	if !slices.Contains(queries.Roles(), role) {
		return fmt.Errorf("role %q is not one of %s", role, joinRoles(queries.Roles(), ", "))
	}
	if (role == queries.Admin || role == queries.DPO) && len(units) > 0 {
		return fmt.Errorf("role %s takes no unit: it sees no data", role)
	}
	if !isUnitless(role) && len(units) == 0 {
		return fmt.Errorf("role %s needs a unit: the id of an org unit, or %s for the whole company", role, queries.EveryUnit)
	}
	for _, unit := range units {
		if unit == "" || len(unit) > 200 || strings.ContainsFunc(unit, isControl) {
			return fmt.Errorf("unit %q is not the id of an org unit", unit)
		}
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// checkDays reports what is wrong with the days of a grant.
func checkDays(from, until string) error {
	for _, d := range []string{from, until} {
		if _, err := time.Parse(time.DateOnly, d); d != "" && err != nil {
			return fmt.Errorf("day %q is not a date like 2026-10-31", d)
		}
	}
	if until != "" && until < from {
		return errors.New("the grant would end before it begins")
	}
	return nil
}

// choices groups what a reader is granted into sets of roles over the same
// units, widest sight first. A role without units belongs to every set.
func choices(granted []Grant) []Choice {
	byUnits := map[string][]queries.Role{}
	var everywhere []queries.Role
	for _, g := range granted {
		if len(g.Units) == 0 {
			everywhere = append(everywhere, g.Role)
		}
	}
	perRole := map[queries.Role][]string{}
	for _, g := range granted {
		if len(g.Units) > 0 {
			perRole[g.Role] = append(perRole[g.Role], g.Units...)
		}
	}
	for role, units := range perRole {
		key := strings.Join(tidyUnits(units), "\x00")
		byUnits[key] = append(byUnits[key], role)
	}
	if len(byUnits) == 0 && len(everywhere) > 0 {
		byUnits[""] = nil
	}
	var all []Choice
	for key, roles := range byUnits {
		roles = append(roles, everywhere...)
		slices.Sort(roles)
		c := Choice{Roles: slices.Compact(roles)}
		if key != "" {
			c.Units = strings.Split(key, "\x00")
		}
		c.Key = joinRoles(c.Roles, "+") + "@" + strings.Join(c.Units, "+")
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Choice) int {
		return strings.Compare(width(a)+a.Key, width(b)+b.Key)
	})
	return all
}

func joinRoles(roles []queries.Role, between string) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, between)
}

// width orders choices: the whole company goes first.
func width(c Choice) string {
	if slices.Contains(c.Units, queries.EveryUnit) {
		return "0"
	}
	return "1"
}

// tidyUnits sorts units; the whole company holds every other.
func tidyUnits(units []string) []string {
	if slices.Contains(units, queries.EveryUnit) {
		return []string{queries.EveryUnit}
	}
	units = slices.Clone(units)
	slices.Sort(units)
	return slices.Compact(units)
}
