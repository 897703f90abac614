package warehouse

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A PersonFile is everything that the warehouse holds about one person.
type PersonFile struct {
	PersonID    string                       `json:"person_id"`
	Identifiers []Identifier                 `json:"identifiers"`
	Records     map[string][]json.RawMessage `json:"records"`  // of raw, by stream, every version
	Mentions    map[string][]Mention         `json:"mentions"` // records of others, by stream
	Models      map[string][]json.RawMessage `json:"models"`   // what was made of them, by table
	Rejected    []json.RawMessage            `json:"rejected"`
	Register    []json.RawMessage            `json:"register"` // changes of the register
}

// A Mention is a record of somebody else in which the person has a part. What it says
// of the other is not theirs to see.
type Mention struct {
	As  string          `json:"as"` // the column
	Key json.RawMessage `json:"key"`
}

// Person returns everything that is held about a person, by every identifier that
// sources know them by.
func (w *Warehouse) Person(ctx context.Context, personID string) (*PersonFile, error) {
	ids, err := w.identifiers(ctx, personID)
	if err != nil {
		return nil, err
	}
	f := &PersonFile{
		PersonID: personID, Identifiers: ids.known,
		Records: map[string][]json.RawMessage{}, Mentions: map[string][]Mention{}, Models: map[string][]json.RawMessage{},
	}
	return f, w.inTransaction(ctx, func(conn *sql.Conn) error {
		if err := w.personRaw(ctx, conn, f, ids); err != nil {
			return err
		}
		if err := personModels(ctx, conn, f); err != nil {
			return err
		}
		for _, value := range ids.values() {
			err := appendJSON(ctx, conn, &f.Rejected, "select to_json(t)::varchar from meta.rejected_row t where contains(concat_ws(' ', value, payload::varchar), ?)", value)
			if err != nil {
				return err
			}
			quoted, err := json.Marshal(value)
			if err != nil {
				return err
			}
			err = appendJSON(ctx, conn, &f.Register, "select to_json(t)::varchar from meta.register_change t where contains(concat_ws(' ', entry_key::varchar, before::varchar, after::varchar), ?)", string(quoted))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// personRaw finds the person's records as an erasure would.
func (w *Warehouse) personRaw(ctx context.Context, conn *sql.Conn, f *PersonFile, ids identifiers) error {
	finder := &erasures{key: make([]byte, 32), as: map[string]string{}, lists: map[string]bool{}}
	if _, err := rand.Read(finder.key); err != nil {
		return err
	}
	if err := finder.add("", f.PersonID, time.Time{}, ids.scoped()); err != nil {
		return err
	}
	systems, err := personSystems(ctx, conn)
	if err != nil {
		return err
	}
	owners := recordOwners(w.streams)
	for _, s := range w.streams {
		x := &eraser{erasures: finder, conn: conn, stream: s, table: "raw." + quote(s.Name), source: "t.source", systems: systems}
		if err := x.collect(ctx, f, owners); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	for _, s := range w.streams {
		for _, c := range s.Columns {
			if _, ok := owners[c.References]; !ok || c.References == s.Name || len(f.Records[c.References]) == 0 {
				continue
			}
			rows := f.Records[s.Name]
			err := appendJSON(ctx, conn, &rows, "select to_json(t)::varchar from raw."+quote(s.Name)+" t where exists (select 1 from theirs_"+c.References+
				" o where o.source = t.source and o.id = t."+quote(c.Name)+")")
			if err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
			if len(rows) > 0 {
				f.Records[s.Name] = rows
			}
		}
	}
	return nil
}

// collect adds the records of one stream that are the person's or mention them.
func (x *eraser) collect(ctx context.Context, f *PersonFile, owners map[string]Stream) error {
	subject, where := x.stream.subject()
	for _, c := range x.stream.Columns {
		if c.Mark != Person {
			continue
		}
		found, err := x.find(ctx, c)
		if err != nil {
			return err
		}
		if found == 0 {
			continue
		}
		theirs := " where exists (select 1 from erased_people m where " + x.matches(c.Name, x.entity()) + ")"
		others := theirs
		if c.Name == subject {
			rows := f.Records[x.stream.Name]
			if err := appendJSON(ctx, x.conn, &rows, "select to_json(t)::varchar from "+x.table+" t"+theirs+" and "+where); err != nil {
				return err
			}
			if len(rows) > 0 {
				f.Records[x.stream.Name] = rows
			}
			if _, ok := owners[x.stream.Name]; ok {
				_, err := x.conn.ExecContext(ctx, "create or replace temp table theirs_"+x.stream.Name+" as select distinct source, "+
					quote(x.stream.Key[0])+" as id from "+x.table+" t"+theirs)
				if err != nil {
					return err
				}
			}
			others += " and not (" + where + ")"
		}
		if err := x.mention(ctx, f, c, others); err != nil {
			return err
		}
	}
	return nil
}

// mention adds the keys of the records of others in which the person has a part.
func (x *eraser) mention(ctx context.Context, f *PersonFile, c Column, others string) error {
	var parts []string
	for _, k := range x.stream.Key {
		parts = append(parts, literal(k)+", "+quote(k))
	}
	var keys []json.RawMessage
	err := appendJSON(ctx, x.conn, &keys, "select distinct json_object("+strings.Join(parts, ", ")+")::varchar from "+x.table+" t"+others)
	if err != nil {
		return err
	}
	for _, key := range keys {
		f.Mentions[x.stream.Name] = append(f.Mentions[x.stream.Name], Mention{c.Name, key})
	}
	return nil
}

// personModels adds the rows of models that name the person.
func personModels(ctx context.Context, conn *sql.Conn, f *PersonFile) error {
	tables, err := pairs(ctx, conn, `select schema_name || '.' || table_name, '' from duckdb_columns()
		where database_name = current_database() and schema_name in ('core', 'marts') and column_name = 'person_id' and data_type = 'VARCHAR'`)
	if err != nil {
		return err
	}
	for table := range tables {
		var rows []json.RawMessage
		if err := appendJSON(ctx, conn, &rows, "select to_json(t)::varchar from "+quoteTable(table)+" t where person_id = ?", f.PersonID); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
		if len(rows) > 0 {
			f.Models[table] = rows
		}
	}
	return nil
}

// appendJSON appends the documents that a query returns.
func appendJSON(ctx context.Context, conn *sql.Conn, to *[]json.RawMessage, query string, args ...any) error {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		*to = append(*to, json.RawMessage(text))
	}
	return rows.Err()
}
