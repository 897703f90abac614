package warehouse

import (
	"context"
	"database/sql"
	"time"
)

// An IDMatch is whose an identifier is, as one source uses it; Person is empty where it
// is nobody's, and Nearly says then which rule came near.
type IDMatch struct {
	UsedFor     string `json:"used_for"`
	Source      string `json:"source"`
	LegalEntity string `json:"legal_entity"`
	Value       string `json:"value"`
	Person      string `json:"person,omitempty"`
	Basis       string `json:"basis"`
	Nearly      string `json:"nearly,omitempty"`
}

// An IDChange is an identifier that went from one person, or nobody, to another.
type IDChange struct {
	At     time.Time `json:"at"`
	Before IDMatch   `json:"before"`
	After  IDMatch   `json:"after"`
}

// NoteMatches writes down which identifiers changed hands since it was last called. It
// belongs after a build.
func (w *Warehouse) NoteMatches(ctx context.Context, now time.Time) (changed int64, err error) {
	const same = "using (used_for, source, legal_entity, value)"
	var differ bool
	err = w.db.QueryRowContext(ctx, "select count(*) > 0 from core.fct_ids n full join meta.id_match o "+same+
		" where o.match_basis is distinct from n.match_basis or o.person_id is distinct from n.person_id").Scan(&differ)
	if err != nil || !differ {
		return 0, err
	}
	err = w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		result, err := conn.ExecContext(ctx, "insert into meta.id_match_change by name select ?::timestamp as changed_at, used_for, source, legal_entity, value, "+
			"o.person_id as old_person_id, n.person_id, o.match_basis as old_basis, n.match_basis from meta.id_match o join core.fct_ids n "+same+
			" where o.person_id is distinct from n.person_id", now.UTC())
		if err != nil {
			return err
		}
		if changed, err = result.RowsAffected(); err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, "delete from meta.id_match"); err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, "insert into meta.id_match by name select used_for, source, legal_entity, value, person_id, match_basis from core.fct_ids")
		return err
	})
	return changed, err
}

// Unmatched lists the identifiers that are nobody's, of one source or of all.
func (w *Warehouse) Unmatched(ctx context.Context, source string) ([]IDMatch, error) {
	rows, err := w.db.QueryContext(ctx, "select used_for, source, legal_entity, value, match_basis, coalesce(nearly, '') from core.fct_ids "+
		"where person_id is null and (? = '' or source = ?) order by source, used_for, nearly, value", source, source)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []IDMatch
	for rows.Next() {
		var m IDMatch
		if err := rows.Scan(&m.UsedFor, &m.Source, &m.LegalEntity, &m.Value, &m.Basis, &m.Nearly); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// MatchChanges lists the identifiers that changed hands, the latest first.
func (w *Warehouse) MatchChanges(ctx context.Context, source string) ([]IDChange, error) {
	rows, err := w.db.QueryContext(ctx, "select changed_at, used_for, source, legal_entity, value, coalesce(old_person_id, ''), old_basis, coalesce(person_id, ''), match_basis "+
		"from meta.id_match_change where ? = '' or source = ? order by changed_at desc, source, value limit 1000", source, source)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []IDChange
	for rows.Next() {
		var c IDChange
		a := &c.After
		if err := rows.Scan(&c.At, &a.UsedFor, &a.Source, &a.LegalEntity, &a.Value, &c.Before.Person, &c.Before.Basis, &a.Person, &a.Basis); err != nil {
			return nil, err
		}
		before := *a
		before.Person, before.Basis = c.Before.Person, c.Before.Basis
		c.Before = before
		out = append(out, c)
	}
	return out, rows.Err()
}
