package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// An Identifier is what one source, or one legal entity of it, knows a person by;
// the source "*" is every source that does not number people itself.
type Identifier struct {
	Source string `json:"source"`
	Entity string `json:"legal_entity,omitempty"`
	Value  string `json:"value"`
}

// identifiers are what sources know one person by.
type identifiers struct {
	known     []Identifier
	ambiguous int // that have been another's too
}

// distinct leaves each identifier once.
func distinct(known []Identifier) []Identifier {
	seen := map[Identifier]bool{}
	return slices.DeleteFunc(known, func(v Identifier) bool {
		was := seen[v]
		seen[v] = true
		return was
	})
}

// values are the identifiers themselves, each once.
func (i identifiers) values() []string {
	var values []string
	for _, v := range i.known {
		values = append(values, v.Value)
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// scoped are the identifiers as the list of who was erased holds them.
func (i identifiers) scoped() []scoped {
	var all []scoped
	for _, v := range i.known {
		all = append(all, scoped{personScope(v.Source, v.Entity), v.Value})
	}
	return all
}

// identifiers finds all that sources know a person by: the person's own id, what
// person_xref says, and what core has matched.
func (w *Warehouse) identifiers(ctx context.Context, personID string) (found identifiers, err error) {
	if err := w.ownID(ctx, personID, &found); err != nil {
		return found, err
	}
	if err := w.xrefs(ctx, personID, &found); err != nil {
		return found, err
	}
	if err := w.matched(ctx, personID, &found); err != nil {
		return found, err
	}
	if err := w.accounts(ctx, personID, &found); err != nil {
		return found, err
	}
	found.known = distinct(found.known)
	if len(found.known) == 0 {
		return found, fmt.Errorf("person %q: %w", personID, ErrNobody)
	}
	return found, nil
}

// ownID adds the person's own id in every source that uses it.
func (w *Warehouse) ownID(ctx context.Context, personID string, found *identifiers) error {
	used := false
	for _, s := range w.streams {
		if isMatched(s.Name) {
			continue // a source that numbers people itself may give the same number to another
		}
		for _, c := range s.Columns {
			if c.References != "person" && (s.Name != "person" || c.Name != "person_id") {
				continue
			}
			sources, err := w.texts(ctx, "select distinct source from raw."+quote(s.Name)+" where "+quote(c.Name)+" = ?", personID)
			if err != nil {
				return err
			}
			for _, source := range sources {
				found.known = append(found.known, Identifier{source, "", personID})
				used = true
			}
		}
	}
	if used {
		found.known = append(found.known, Identifier{everySource, "", personID})
	}
	return nil
}

// isMatched says whether core finds the people of a stream by person_xref.
func isMatched(stream string) bool {
	return slices.Contains([]string{"certification", "enrolment", "learning_event", "payroll_line", "tactic_participant"}, stream)
}

// xrefs adds what person_xref says is the person's, and nobody else's.
func (w *Warehouse) xrefs(ctx context.Context, personID string, found *identifiers) error {
	const query = `
with current as (select system, legal_entity, value, person_id from raw.person_xref where superseded_at is null and deleted_at is null)
select x.system, x.legal_entity, x.value,
	(select count(distinct person_id) from current c where c.system = x.system and c.legal_entity = x.legal_entity and c.value = x.value and c.person_id <> $1),
	(select count(distinct person_id) from current c where c.system = x.system and c.value = x.value and c.person_id <> $1),
	(select count(distinct person_id) from current c where c.value = x.value and c.person_id <> $1)
from (select distinct system, legal_entity, value from raw.person_xref where person_id = $1) as x`
	rows, err := w.db.QueryContext(ctx, query, personID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var system, entity, value string
		var inEntity, inSystem, anywhere int
		if err := rows.Scan(&system, &entity, &value, &inEntity, &inSystem, &anywhere); err != nil {
			return err
		}
		switch {
		case inEntity > 0:
			found.ambiguous++
		case inSystem > 0:
			found.known = append(found.known, Identifier{system, entity, value})
		default:
			found.known = append(found.known, Identifier{system, "", value})
			if anywhere == 0 {
				found.known = append(found.known, Identifier{everySource, "", value})
			}
		}
	}
	return rows.Err()
}

// matched adds the identifiers that core has found to be the person's.
func (w *Warehouse) matched(ctx context.Context, personID string, found *identifiers) error {
	for _, table := range []string{"fct_learner_ids", "fct_payee_ids"} {
		n, err := w.texts(ctx, "select name from meta.model where name = ?", "core."+table)
		if err != nil {
			return err
		}
		if len(n) == 0 {
			continue // nothing is built yet
		}
		query := `
select m.source, m.legal_entity, m.value, exists (
	select 1 from core.` + table + ` o where o.source = m.source and o.value = m.value and o.person_id is distinct from m.person_id)
from core.` + table + ` m where m.person_id = ?`
		rows, err := w.db.QueryContext(ctx, query, personID)
		if err != nil {
			return err
		}
		err = eachRow(rows, func() error {
			var source, entity, value string
			var isShared bool
			if err := rows.Scan(&source, &entity, &value, &isShared); err != nil {
				return err
			}
			if !isShared || entity == everySource {
				entity = ""
			}
			found.known = append(found.known, Identifier{source, entity, value})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// accounts adds the accounts that belong to one of the identifiers.
func (w *Warehouse) accounts(ctx context.Context, personID string, found *identifiers) error {
	const query = `
select distinct a.source, a.account_id
from raw.account a
join raw.person_xref x on x.person_id = ? and (
	x.system = 'employee_number' and x.value = a.employee_number
	or x.system = 'email' and lower(x.value) = lower(a.email)
	or x.system = 'account' and x.value = a.account_name
	or x.system = a.source and x.value = a.account_id)`
	rows, err := w.db.QueryContext(ctx, query, personID)
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var source, account string
		if err := rows.Scan(&source, &account); err != nil {
			return err
		}
		found.known = append(found.known, Identifier{source, "", account})
		return nil
	})
}

// eachRow calls f for each row and closes rows.
func eachRow(rows *sql.Rows, f func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// texts returns the one column of a query.
func (w *Warehouse) texts(ctx context.Context, query string, args ...any) (texts []string, err error) {
	rows, err := w.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, rows.Err()
}
