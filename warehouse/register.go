package warehouse

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// RegisterSource is the source of what people enter in Dials. It counts before
// every other source, and its times are the server's clock.
const RegisterSource = "dials"

// Errors of a change of the register.
var (
	// ErrStale is wrapped where somebody else changed the entry in the meantime.
	ErrStale = errors.New("was changed by somebody else in the meantime")
	// ErrDeclared is wrapped where only the source that declared an entry can withdraw it.
	ErrDeclared = errors.New("is declared by a source, which alone can withdraw it")
)

// A RegisterChange is one entry of the register as somebody wants it to be.
type RegisterChange struct {
	Stream string
	Key    map[string]any // every column of the stream's key, valid_from apart
	After  map[string]any // the other declared columns, absent ones null; nil withdraws the entry
	Keep   []string       // columns that stay as they are
	// Version is that of the entry which the change is based on; empty if there is
	// none, * if it does not matter.
	Version string
	// Moments are columns that hold the server's clock: it is set when an entry is
	// made, or when a column listed for it changes, and kept otherwise.
	Moments map[string][]string
	Since   string // the valid_from of a new entry of a dated stream; empty is today
	Actor   string
	Note    string
}

// Register makes changes of the register, all or none, in one write: each is a new
// version of its entry with source dials, and is logged with what it was before.
// now is when. The next build shows it.
func (w *Warehouse) Register(ctx context.Context, now time.Time, changes []RegisterChange) error {
	return w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		r := registrar{conn: conn, now: now.UTC().Truncate(time.Microsecond)}
		for _, c := range changes {
			if err := r.change(ctx, c); err != nil {
				return fmt.Errorf("register %s: %w", c.Stream, err)
			}
		}
		return nil
	})
}

// A registrar makes changes of the register inside one write.
type registrar struct {
	conn *sql.Conn
	now  time.Time
}

// A held entry is what counts until a change.
type held struct {
	source, version string
	row             map[string]any // declared columns that are not null, valid_from too
}

func (r registrar) change(ctx context.Context, c RegisterChange) error {
	s, err := StreamByName(c.Stream)
	if err != nil {
		return err
	}
	if err := checkColumns(s, c); err != nil {
		return err
	}
	was, err := r.find(ctx, s, c.Key)
	if err != nil {
		return err
	}
	if was.version != c.Version && c.Version != "*" {
		return fmt.Errorf("%s %w", keyWords(s, c.Key), ErrStale)
	}
	if c.After == nil && was.version == "" {
		return fmt.Errorf("%s is not in the register", keyWords(s, c.Key))
	}
	if c.After == nil && was.source != RegisterSource {
		return fmt.Errorf("%s %w (%s)", keyWords(s, c.Key), ErrDeclared, was.source)
	}
	for _, name := range c.Keep {
		if v, ok := was.row[name]; ok && c.After != nil {
			c.After[name] = v
		}
	}
	row := r.row(s, c, was)
	if c.After == nil {
		row["deleted_at"] = r.stamp()
	}
	if err := r.write(ctx, s, c.Key, row); err != nil {
		return err
	}
	if err := r.log(ctx, s, c, was); err != nil {
		return err
	}
	return bumpVersion(ctx, r.conn, "raw."+s.Name)
}

// checkColumns refuses what the stream does not declare.
func checkColumns(s Stream, c RegisterChange) error {
	for _, k := range s.Key {
		if v, ok := c.Key[k]; !ok || v == nil || v == "" {
			return fmt.Errorf("key column %s has no value", k)
		}
	}
	if len(c.Key) != len(s.Key) {
		return fmt.Errorf("the key is %s", strings.Join(s.Key, ", "))
	}
	for name := range c.After {
		if _, ok := s.Column(name); !ok || slices.Contains(s.Key, name) {
			return fmt.Errorf("there is no column %q to change", name)
		}
	}
	for name := range c.Moments {
		if col, ok := s.Column(name); !ok || col.Kind != Instant {
			return fmt.Errorf("column %q holds no moment", name)
		}
	}
	return nil
}

// find returns the entry that counts: that of Dials, else of the first source.
func (r registrar) find(ctx context.Context, s Stream, key map[string]any) (held, error) {
	var names, where []string
	var args []any
	for _, c := range s.Columns {
		names = append(names, quote(c.Name)+" := r."+quote(c.Name))
	}
	order := ""
	if s.Dated {
		names = append(names, "valid_from := r.valid_from")
		order = ", r.valid_from desc"
	}
	for _, k := range s.Key {
		where = append(where, "r."+quote(k)+"::varchar = ?")
		args = append(args, fmt.Sprint(key[k]))
	}
	query := "select r.source, r.source || '@' || epoch_us(r.recorded_at), to_json(struct_pack(" + strings.Join(names, ", ") + "))::varchar from raw." + quote(s.Name) +
		" r left join meta.source m on m.source = r.source where r.superseded_at is null and r.deleted_at is null and " + strings.Join(where, " and ") +
		" order by r.source <> '" + RegisterSource + "', coalesce(m.position, 1000000), r.source" + order + " limit 1"
	var h held
	var text string
	err := r.conn.QueryRowContext(ctx, query, args...).Scan(&h.source, &h.version, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal([]byte(text), &h.row); err != nil {
		return h, err
	}
	maps.DeleteFunc(h.row, func(_ string, v any) bool { return v == nil })
	return h, nil
}

// row is the new version of an entry.
func (r registrar) row(s Stream, c RegisterChange, was held) map[string]any {
	row := map[string]any{}
	if c.After == nil {
		maps.Copy(row, was.row)
	}
	maps.Copy(row, c.After)
	maps.Copy(row, c.Key)
	own := was.source == RegisterSource
	for name, on := range c.Moments {
		kept := was.row[name]
		changed := !own || kept == nil || slices.ContainsFunc(on, func(col string) bool { return fmt.Sprint(row[col]) != fmt.Sprint(was.row[col]) })
		switch {
		case c.After == nil:
		case changed:
			row[name] = r.stamp()
		default:
			row[name] = kept
		}
	}
	row["source"], row["recorded_at"] = RegisterSource, r.stamp()
	if s.Dated {
		row["valid_from"], row["valid_basis"] = was.row["valid_from"], "stated"
		if row["valid_from"] == nil {
			row["valid_from"] = cmp.Or(c.Since, r.now.Format(time.DateOnly))
		}
	}
	return row
}

// write puts a version in the place of the one that Dials holds.
func (r registrar) write(ctx context.Context, s Stream, key, row map[string]any) error {
	where := []string{"source = '" + RegisterSource + "'", "superseded_at is null"}
	args := []any{r.now}
	for _, k := range s.Key {
		where = append(where, quote(k)+"::varchar = ?")
		args = append(args, fmt.Sprint(key[k]))
	}
	if _, err := r.conn.ExecContext(ctx, "update raw."+quote(s.Name)+" set superseded_at = ? where "+strings.Join(where, " and "), args...); err != nil {
		return err
	}
	data, err := json.Marshal([]map[string]any{row})
	if err != nil {
		return err
	}
	return insertJSON(ctx, r.conn, "raw."+s.Name, data)
}

func (r registrar) log(ctx context.Context, s Stream, c RegisterChange, was held) error {
	action := "change"
	switch {
	case c.After == nil:
		action = "withdraw"
	case was.version == "":
		action = "add"
	}
	texts := make([]any, 3)
	for i, v := range []map[string]any{c.Key, without(was.row, s.Key), c.After} {
		if v == nil {
			continue
		}
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		texts[i] = string(b)
	}
	var declared any
	if was.source != "" && was.source != RegisterSource {
		declared = was.source
	}
	_, err := r.conn.ExecContext(ctx, "insert into meta.register_change select coalesce(max(change_id), 0) + 1, ?, ?, ?::json, ?, ?::json, ?::json, ?, ?, nullif(?, '') from meta.register_change",
		r.now, c.Stream, texts[0], action, texts[1], texts[2], declared, c.Actor, c.Note)
	return err
}

// without is a copy of row that lacks some columns; nil of an empty one.
func without(row map[string]any, names []string) map[string]any {
	if len(row) == 0 {
		return nil
	}
	out := maps.Clone(row)
	for _, n := range names {
		delete(out, n)
	}
	return out
}

func (r registrar) stamp() string { return r.now.Format("2006-01-02 15:04:05.000000") }

// keyWords names an entry by its key.
func keyWords(s Stream, key map[string]any) string {
	words := make([]string, len(s.Key))
	for i, k := range s.Key {
		words[i] = fmt.Sprint(key[k])
	}
	return strings.Join(words, ", ")
}
