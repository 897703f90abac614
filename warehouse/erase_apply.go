package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// An eraser renames erased people, and deletes what goes with them, in one table of
// a stream: raw, or what has landed of a delivery.
type eraser struct {
	*erasures
	conn    *sql.Conn
	stream  Stream
	table   string // with its schema
	source  string // SQL: the column, or a literal
	systems map[string]bool
	owners  map[string]Stream // streams whose record ids are renamed with their people
	at      time.Time
	changed int64
}

// entity is, in SQL, the legal entity that a stream's identifiers belong to, where
// two entities of one source may number people alike.
func (x *eraser) entity() string {
	if x.stream.Name == "payroll_line" {
		return "coalesce((select any_value(r.legal_entity) from raw.payroll_run r where r.source = " + x.source +
			" and r.payroll_run_id = t.payroll_run_id and r.superseded_at is null), '')"
	}
	return "''"
}

// subject is the column that says whose record it is, and in SQL which records have
// a subject at all; a record that somebody only wrote or owns is not theirs.
func (s Stream) subject() (column, where string) {
	for _, name := range []string{"person_id", "respondent", "account_id"} {
		if c, ok := s.Column(name); ok && c.Mark == Person {
			return name, "true"
		}
	}
	if s.Name == "goal" {
		return "owner_id", "level in ('individual', 'task')"
	}
	return "", "false"
}

// run renames and deletes; nothing happens to a table without erased people.
func (x *eraser) run(ctx context.Context) error {
	for _, c := range x.stream.Columns {
		if _, ok := x.owners[c.References]; ok && c.References != x.stream.Name {
			if err := x.renameReferences(ctx, c); err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
		}
	}
	subject, where := x.stream.subject()
	for _, c := range x.stream.Columns {
		if c.Mark != Person {
			continue
		}
		found, err := x.find(ctx, c)
		if err != nil || found == 0 {
			if err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			continue
		}
		if x.stream.Name == "account" {
			// An account leads to its owner, and is of no use without.
			if err := x.remove(ctx, c); err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			continue
		}
		if c.Name == subject {
			if err := x.empty(ctx, c, where); err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
		}
		if err := x.update(ctx, c.Name, "erased_people", x.entity()); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}

// remove deletes the records of the people of erased_people.
func (x *eraser) remove(ctx context.Context, subject Column) error {
	result, err := x.conn.ExecContext(ctx, "delete from "+x.table+" as t using erased_people m where "+x.matches(subject.Name, x.entity()))
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	x.changed += n
	return err
}

// find fills the table erased_people with the values of a column that erased people
// are known by, and their new ids.
func (x *eraser) find(ctx context.Context, c Column) (int, error) {
	return x.rename(ctx, "erased_people", "select distinct "+x.source+", "+x.entity()+", "+quote(c.Name)+" from "+x.table+" t where "+quote(c.Name)+" is not null",
		func(source, entity, value string) (string, bool) {
			return x.person(source, entity, value, x.systems[source])
		})
}

// rename fills a table of source, entity, value and new from the rows of a query.
func (x *eraser) rename(ctx context.Context, table, query string, as func(source, entity, value string) (string, bool)) (int, error) {
	rows, err := x.conn.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var found [][4]string
	for rows.Next() {
		var source, entity, value string
		if err := rows.Scan(&source, &entity, &value); err != nil {
			return 0, err
		}
		if to, ok := as(source, entity, value); ok {
			found = append(found, [4]string{source, entity, value, to})
		}
	}
	if err := rows.Err(); err != nil || len(found) == 0 {
		return 0, err
	}
	rows.Close()
	if _, err := x.conn.ExecContext(ctx, "create or replace temp table "+table+" (source varchar, entity varchar, value varchar, as_value varchar)"); err != nil {
		return 0, err
	}
	return len(found), x.conn.Raw(func(driver any) error {
		a, err := duckdb.NewAppender(driver.(*duckdb.Conn), "temp", "main", table)
		if err != nil {
			return err
		}
		for _, f := range found {
			if err := a.AppendRow(f[0], f[1], f[2], f[3]); err != nil {
				a.Close()
				return err
			}
		}
		return a.Close()
	})
}

// update gives a column its new values.
func (x *eraser) update(ctx context.Context, column, table, entity string) error {
	result, err := x.conn.ExecContext(ctx, "update "+x.table+" as t set "+quote(column)+" = m.as_value from "+table+" m where "+
		x.matches(column, entity))
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	x.changed += n
	return err
}

func (x *eraser) matches(column, entity string) string {
	return "t." + quote(column) + " = m.value and " + x.source + " = m.source and " + entity + " = m.entity"
}

// empty deletes what goes with the people of erased_people from their own records,
// and renames the records.
func (x *eraser) empty(ctx context.Context, subject Column, where string) error {
	theirs := " exists (select 1 from erased_people m where " + x.matches(subject.Name, x.entity()) + ") and " + where
	for _, c := range x.stream.Columns {
		if c.Mark != RecordID {
			continue
		}
		var referenced []scoped
		found, err := x.rename(ctx, "erased_records",
			"select distinct "+x.source+", '', "+quote(c.Name)+" from "+x.table+" t where "+quote(c.Name)+" is not null and "+theirs,
			func(source, _, value string) (string, bool) {
				if len(x.stream.Key) == 1 {
					referenced = append(referenced, scoped{recordScope(source, x.stream.Name), value})
				}
				return x.record(source, x.stream.Name, value), true
			})
		if err != nil || found == 0 {
			return err
		}
		if _, ok := x.owners[x.stream.Name]; ok {
			if err := x.add("records", "", x.at, referenced); err != nil {
				return err
			}
		}
		if err := x.update(ctx, c.Name, "erased_records", "''"); err != nil {
			return err
		}
	}
	set := []string{"source_id = null", "extra = null"}
	for _, c := range x.stream.Columns {
		switch {
		case c.Mark != Words:
		case c.Required:
			set = append(set, quote(c.Name)+" = "+literal(erasedWord))
		default:
			set = append(set, quote(c.Name)+" = null")
		}
	}
	_, err := x.conn.ExecContext(ctx, "update "+x.table+" as t set "+strings.Join(set, ", ")+" where"+theirs)
	return err
}

// renameReferences renames the records that a column refers to.
func (x *eraser) renameReferences(ctx context.Context, c Column) error {
	found, err := x.rename(ctx, "erased_records", "select distinct "+x.source+", '', "+quote(c.Name)+" from "+x.table+" t where "+quote(c.Name)+" is not null",
		func(source, _, value string) (string, bool) {
			return x.record(source, c.References, value), x.hasRecord(source, c.References, value)
		})
	if err != nil || found == 0 {
		return err
	}
	return x.update(ctx, c.Name, "erased_records", "''")
}

// owners returns the streams whose records are renamed with their person and which
// others refer to: employment and review.
func recordOwners(streams []Stream) map[string]Stream {
	owners := map[string]Stream{}
	for _, s := range streams {
		subject, _ := s.subject()
		isRenamed := slices.ContainsFunc(s.Columns, func(c Column) bool { return c.Mark == RecordID && slices.Equal(s.Key, []string{c.Name}) })
		isReferred := slices.ContainsFunc(streams, func(other Stream) bool {
			return slices.ContainsFunc(other.Columns, func(c Column) bool { return c.References == s.Name })
		})
		if subject != "" && isRenamed && isReferred {
			owners[s.Name] = s
		}
	}
	return owners
}

// personSystems returns the systems that number people themselves.
func personSystems(ctx context.Context, conn *sql.Conn) (map[string]bool, error) {
	rows, err := conn.QueryContext(ctx, "select distinct system from raw.person_xref")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	systems := map[string]bool{}
	for rows.Next() {
		var system string
		if err := rows.Scan(&system); err != nil {
			return nil, err
		}
		systems[system] = true
	}
	return systems, rows.Err()
}

// eraseLanding keeps erased people from coming back by a delivery.
func (l *Load) eraseLanding(ctx context.Context) error {
	e := l.w.erased
	if l.erasedBefore = e.size(); l.erasedBefore == 0 {
		return nil
	}
	if err := l.fillAll(ctx); err != nil {
		return err
	}
	systems, err := personSystems(ctx, l.conn)
	if err != nil {
		return err
	}
	x := &eraser{
		erasures: e, conn: l.conn, stream: l.spec.Target, table: "landing", source: literal(l.spec.Source),
		systems: systems, owners: recordOwners(l.w.streams), at: l.now,
	}
	if err := x.run(ctx); err != nil {
		return fmt.Errorf("erased people: %w", err)
	}
	return l.eraseRefused(ctx, systems)
}

// eraseRefused empties the refused records in which an erased person is named.
func (l *Load) eraseRefused(ctx context.Context, systems map[string]bool) error {
	rows, err := l.conn.QueryContext(ctx, `select distinct v from (
		select unnest(json_extract_string(payload, '$.*')) as v from refused union all select value from refused) where v is not null`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var named []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return err
		}
		if _, erased := l.w.erased.person(l.spec.Source, "", value, systems[l.spec.Source]); erased {
			named = append(named, value)
		}
	}
	if err := rows.Err(); err != nil || len(named) == 0 {
		return err
	}
	rows.Close()
	in := literals(named)
	_, err = l.conn.ExecContext(ctx, `update refused set value = null, payload = null, reason = regexp_replace(reason, '"[^"]*"', '"…"', 'g')
		where value in (`+in+`) or list_has_any(json_extract_string(payload, '$.*'), [`+in+`])`)
	return err
}
