package warehouse

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNobody means that no record is about a person.
var ErrNobody = errors.New("nobody has this id")

// An Erasure is what Erase did.
type Erasure struct {
	PersonID    string // the new id, which nothing leads to
	Identifiers int    // by which sources knew the person
	Ambiguous   int    // others, that have been another's too: they lead to nobody
	Values      int64  // that were renamed
	Rejected    int64  // rejected rows that were emptied
}

// Erase takes a person out of everything that is held, the one exception to
// "nothing is overwritten": their identifiers and those of their records become
// random ones, so that what is counted stays right, and texts, source ids, kept
// columns and rejected payloads that are theirs are deleted. Keyed hashes of the
// identifiers are kept, by which every later load, and every restored copy of the
// file, goes through the same. names are those under which the person entered things.
//
// The caller builds the models afterwards, and then calls Rewrite: until then the
// file still holds the old bytes.
func (w *Warehouse) Erase(ctx context.Context, personID string, clock func() time.Time, names ...string) (done Erasure, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("erase: %w", err)
		}
	}()
	ids, err := w.identifiers(ctx, personID)
	if err != nil {
		return done, err
	}
	random := make([]byte, 20)
	if _, err := rand.Read(random); err != nil {
		return done, err
	}
	erasure := hex.EncodeToString(random[:10])
	done = Erasure{
		PersonID: erasedWord + "-" + hex.EncodeToString(random[10:]), Identifiers: len(ids.known), Ambiguous: ids.ambiguous,
	}
	if err := errors.Join(w.erased.begin(), w.erased.mark()); err != nil {
		return done, err
	}
	// The list is on the disk before anything changes: an erasure that breaks off is
	// completed when the warehouse is opened again.
	known := ids.scoped()
	for _, name := range names {
		known = append(known, scoped{authorScope, name})
	}
	if err := w.erased.add(erasure, done.PersonID, clock(), known); err != nil {
		return done, err
	}
	err = w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if done.Values, err = w.eraseRaw(ctx, conn, clock()); err != nil {
			return err
		}
		if done.Rejected, err = eraseRejected(ctx, conn, ids.values()); err != nil {
			return err
		}
		in := literals(ids.values())
		if err := forgetMatches(ctx, conn, "value in ("+in+") or person_id in ("+in+")"); err != nil {
			return err
		}
		return w.logErasures(ctx, conn, clock())
	})
	return done, err
}

// completeErasures puts a file through the erasures that it has not been through.
func (w *Warehouse) completeErasures(ctx context.Context, clock func() time.Time) error {
	if w.erased.size() == 0 {
		return nil
	}
	return w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		known, err := pairs(ctx, conn, "select erasure_id, max(applied_at)::varchar from meta.erasure group by all")
		if err != nil {
			return err
		}
		w.erased.mu.Lock()
		isComplete := true
		for erasure := range w.erased.lists {
			_, ok := known[erasure]
			isComplete = isComplete && ok
		}
		w.erased.mu.Unlock()
		if isComplete {
			return nil
		}
		if err := w.erased.mark(); err != nil {
			return err
		}
		if _, err := w.eraseRaw(ctx, conn, clock()); err != nil {
			return err
		}
		// Which payloads name them cannot be told without their ids: all go.
		if _, err := forgetRejected(ctx, conn, "true"); err != nil {
			return err
		}
		if err := forgetMatches(ctx, conn, "true"); err != nil {
			return err
		}
		return w.logErasures(ctx, conn, clock())
	})
}

// logErasures notes in the file which erasures it has been through.
func (w *Warehouse) logErasures(ctx context.Context, conn *sql.Conn, at time.Time) error {
	w.erased.mu.Lock()
	defer w.erased.mu.Unlock()
	if _, err := conn.ExecContext(ctx, "delete from meta.erasure"); err != nil {
		return err
	}
	for erasure := range w.erased.lists {
		if _, err := conn.ExecContext(ctx, "insert into meta.erasure values (?, ?)", erasure, at.UTC()); err != nil {
			return err
		}
	}
	return nil
}

// eraseRaw renames all erased people in raw, and in the changes of the register.
func (w *Warehouse) eraseRaw(ctx context.Context, conn *sql.Conn, at time.Time) (int64, error) {
	systems, err := personSystems(ctx, conn)
	if err != nil {
		return 0, err
	}
	owners := recordOwners(w.streams)
	var changed int64
	// Those that others refer to come first.
	streams := slices.Clone(w.streams)
	slices.SortStableFunc(streams, func(a, b Stream) int {
		_, isA := owners[a.Name]
		_, isB := owners[b.Name]
		switch {
		case isA == isB:
			return 0
		case isA:
			return -1
		default:
			return 1
		}
	})
	for _, s := range streams {
		x := &eraser{
			erasures: w.erased, conn: conn, stream: s, table: "raw." + quote(s.Name), source: "t.source",
			systems: systems, owners: owners, at: at,
		}
		if err := x.run(ctx); err != nil {
			return changed, fmt.Errorf("%s: %w", s.Name, err)
		}
		changed += x.changed
		if x.changed > 0 {
			if err := bumpVersion(ctx, conn, "raw."+s.Name); err != nil {
				return changed, err
			}
		}
	}
	return changed, errors.Join(w.eraseChanges(ctx, conn), w.eraseAuthors(ctx, conn))
}

// eraseAuthors takes the names of erased people from what they entered and froze.
func (w *Warehouse) eraseAuthors(ctx context.Context, conn *sql.Conn) error {
	for table, column := range map[string]string{"meta.register_change": "actor", "meta.gap_snapshot": "made_by"} {
		names, err := pairs(ctx, conn, "select distinct "+column+", '' from "+table)
		if err != nil {
			return err
		}
		for name := range names {
			if !w.erased.author(name) {
				continue
			}
			if _, err := conn.ExecContext(ctx, "update "+table+" set "+column+" = ? where "+column+" = ?", erasedWord, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// eraseRejected empties the rejected rows that hold one of the values, and takes the
// values out of what runs said.
func eraseRejected(ctx context.Context, conn *sql.Conn, values []string) (n int64, err error) {
	for _, value := range values {
		more, err := forgetRejected(ctx, conn, "contains(concat_ws(' ', value, payload::varchar), ?)", value)
		if err != nil {
			return n, err
		}
		n += more
		_, err = conn.ExecContext(ctx, `
update meta.run set error = replace(error, $1, $2), warnings = list_transform(warnings, lambda w: replace(w, $1, $2))
where contains(concat_ws(' ', error, warnings::varchar), $1)`, value, erasedWord)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// forgetMatches deletes from what is known of whose each identifier was.
func forgetMatches(ctx context.Context, conn *sql.Conn, where string) error {
	tables, err := pairs(ctx, conn, `select 'meta.' || table_name, '' from duckdb_tables()
		where database_name = current_database() and schema_name = 'meta' and starts_with(table_name, 'id_match')`)
	if err != nil {
		return err
	}
	for table := range tables {
		if _, err := conn.ExecContext(ctx, "delete from "+quoteTable(table)+" where "+where); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// eraseChanges renames erased people in what was changed of the register.
func (w *Warehouse) eraseChanges(ctx context.Context, conn *sql.Conn) error {
	rows, err := conn.QueryContext(ctx, "select change_id, stream, entry_key::varchar, before::varchar, after::varchar from meta.register_change")
	if err != nil {
		return err
	}
	defer rows.Close()
	type change struct {
		id     int64
		stream string
		texts  [3]sql.NullString
	}
	var changes []change
	for rows.Next() {
		var c change
		if err := rows.Scan(&c.id, &c.stream, &c.texts[0], &c.texts[1], &c.texts[2]); err != nil {
			return err
		}
		isChanged := false
		for i := range c.texts {
			text, renamed := w.renameInJSON(c.stream, c.texts[i])
			c.texts[i], isChanged = text, isChanged || renamed
		}
		if isChanged {
			changes = append(changes, c)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	for _, c := range changes {
		_, err := conn.ExecContext(ctx, "update meta.register_change set entry_key = ?::json, before = ?::json, after = ?::json where change_id = ?",
			c.texts[0], c.texts[1], c.texts[2], c.id)
		if err != nil {
			return err
		}
	}
	return nil
}

// renameInJSON renames erased people in the columns of an entry that name people.
func (w *Warehouse) renameInJSON(stream string, text sql.NullString) (sql.NullString, bool) {
	var values map[string]any
	if !text.Valid || json.Unmarshal([]byte(text.String), &values) != nil {
		return text, false
	}
	i := slices.IndexFunc(w.streams, func(s Stream) bool { return s.Name == stream })
	renamed := false
	for name, value := range values {
		id, isText := value.(string)
		if i < 0 || !isText {
			continue
		}
		if c, ok := w.streams[i].Column(name); ok && c.Mark == Person {
			if as, erased := w.erased.person("dials", "", id, false); erased {
				values[name], renamed = as, true
			}
		}
	}
	if !renamed {
		return text, false
	}
	out, err := json.Marshal(values)
	if err != nil {
		return text, false
	}
	return sql.NullString{String: string(out), Valid: true}, true
}
