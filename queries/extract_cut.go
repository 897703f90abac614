package queries

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// ErrMoved is returned by a Cut whose data have been rebuilt since it was made:
// make another.
var ErrMoved = errors.New("the data moved on")

// ErrBadChoice is wrapped by the error of a Choice that cannot be met as it is.
var ErrBadChoice = errors.New("cannot be chosen")

// An Engine runs a query on a connection and calls each for the schema of its
// result, with no batch, and then for each batch.
type Engine func(ctx context.Context, conn *sql.Conn, query string, args []any, each func(*arrow.Schema, arrow.RecordBatch) error) error

// A Choice is what is taken of an extract.
type Choice struct {
	Columns []string          // in the order asked for; none is all
	Filters map[string]string // by name, of those that the extract knows
}

// A Cut is what one reader may take of an extract: the gate is in its SQL.
type Cut struct {
	Extract Extract
	Columns []ExtractColumn
	// Fingerprint is equal for cuts of equal content, whatever the data version.
	Fingerprint string
	Version     int64 // of the data

	marts    *Marts
	reader   Reader
	filters  map[string]string
	query    string // what the reader may see, the columns chosen
	gated    string // everything, with the gate's own columns
	visible  string // the condition of what may be seen
	args     []any
	windowed string // the mart that is read by ranges of its row ids; "" is read at once
	reads    []string
}

// Rows is how many rows an extract holds, and whether some were withheld.
type Rows struct {
	Count  int64
	Hidden bool
}

// rowWindow is how many row ids are read at a time: DuckDB holds a whole result in
// memory, so a long mart is read by two row groups, the first time by less, so that
// the first byte comes soon.
const (
	rowWindow   = 2 * 122_880
	firstWindow = 40_960
)

var windowsLine = regexp.MustCompile(`(?m)^-- windows: (marts\.[a-z_]+)\s*$`)

// Cut prepares what reader may take of e. An unknown column or filter is an error,
// and so is a class that the reader may not see.
func (m *Marts) Cut(ctx context.Context, reader Reader, e Extract, choice Choice) (*Cut, error) {
	c, err := m.cut(ctx, reader, e, choice)
	if err != nil {
		return nil, fmt.Errorf("extract %s: %w", e.Name, err)
	}
	return c, nil
}

func (m *Marts) cut(ctx context.Context, reader Reader, e Extract, choice Choice) (*Cut, error) {
	c := &Cut{Extract: e, marts: m, filters: choice.Filters}
	if err := c.choose(choice.Columns); err != nil {
		return nil, fmt.Errorf("columns: %w", err)
	}
	given, err := c.parameters(choice.Filters)
	if err != nil {
		return nil, err
	}
	now, err := m.at(ctx)
	if err != nil {
		return nil, err
	}
	c.Version = now.version
	// What leaves is all that was granted, not the first unit, which a page shows.
	reader.all = reader.Unit == "" && !reader.Policy.Whole() && len(reader.Policy.Units) > 1
	q, reader, err := m.admit(ctx, now, reader, e.query())
	if err != nil {
		return nil, err
	}
	if q.header.class == Person && m.viewed == nil {
		return nil, Deny(q.header.topic, Person) // there is nobody to write down who it is about
	}
	c.reader = reader
	src, err := fs.ReadFile(m.files, e.query()+".sql")
	if err != nil {
		return nil, err
	}
	if reader.Unit != "" && reader.Unit != EveryUnit && q.header.class != Person { // whose people are the unit's already
		if q, err = m.under(ctx, now, q, reader); err != nil {
			return nil, err
		}
	}
	if found := windowsLine.FindStringSubmatch(string(src)); found != nil {
		c.windowed = found[1]
		given = append(given, sql.Named("row_from", int64(0)), sql.Named("row_to", int64(1)<<62))
	}
	if c.args, err = bind(q, reader, now.floors, given); err != nil {
		return nil, err
	}
	if err := c.gate(ctx, q, now.floors); err != nil {
		return nil, err
	}
	p, err := parse(ctx, m.db, q.sql)
	if err != nil {
		return nil, err
	}
	for name := range p.tables {
		if strings.HasPrefix(name, "marts.") {
			c.reads = append(c.reads, name)
		}
	}
	slices.Sort(c.reads)
	c.Fingerprint, err = c.fingerprint(ctx, m.db)
	return c, err
}

// under is the query of an extract cut to the unit that reader asks for.
func (m *Marts) under(ctx context.Context, now *state, q *query, reader Reader) (*query, error) {
	if q.header.scope != grantsScope {
		return nil, fmt.Errorf("unit %w: this extract is not kept by unit", ErrBadChoice)
	}
	under := &query{header: q.header}
	under.body = "select * from (" + q.body + "\n) as extract where exists (select 1 from scoped_units as s where s.unit_id = extract.unit_id"
	if strings.Contains(q.body, "month") {
		under.body += " and extract.month >= s.valid_from and extract.month < s.valid_to"
	}
	under.body += ")"
	var err error
	if under.parsed, err = parse(ctx, m.db, under.body); err != nil {
		return nil, err
	}
	return under, under.scope(ctx, m.db, now.reach, reader.kind(q.header))
}

// choose sets the columns of the cut.
func (c *Cut) choose(names []string) error {
	if len(names) == 0 {
		c.Columns = slices.Clone(c.Extract.Columns)
		return nil
	}
	for _, name := range names {
		column, ok := c.Extract.Column(name)
		if !ok {
			return fmt.Errorf("%.60q %w: there are %s", name, ErrBadChoice, c.Extract.columnNames())
		}
		if slices.Contains(c.Columns, column) {
			return fmt.Errorf("%q %w twice", name, ErrBadChoice)
		}
		c.Columns = append(c.Columns, column)
	}
	return nil
}

func (e *Extract) columnNames() string {
	names := make([]string, len(e.Columns))
	for i, c := range e.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// parameters are the filters as the query's parameters: NULL where none is asked for.
func (c *Cut) parameters(filters map[string]string) ([]any, error) {
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		if !slices.Contains(c.Extract.Filters, name) {
			return nil, fmt.Errorf("filter %.60q %w: there are %s", name, ErrBadChoice, strings.Join(c.Extract.Choices(), ", "))
		}
	}
	var args []any
	for _, name := range c.Extract.Filters {
		value, err := extractFilter(name, filters[name])
		if err != nil {
			return nil, err
		}
		args = append(args, sql.Named(name, value))
	}
	return args, nil
}

// extractFilter parses a filter; an empty one is nil.
func extractFilter(name, value string) (any, error) {
	const longest = 200
	switch name {
	case "from", "to":
		if value == "" {
			return nil, nil
		}
		month, err := time.Parse("2006-01", value)
		if err != nil {
			return nil, fmt.Errorf("%s: %.20q %w: want a month such as 2024-03", name, value, ErrBadChoice)
		}
		if name == "to" { // the last month asked for is in it
			month = month.AddDate(0, 1, 0)
		}
		return month, nil
	case "metric", "tactic", "source", "course":
		if value == "" {
			return nil, nil
		}
		if len(value) > longest {
			return nil, fmt.Errorf("%s %w: it is longer than %d characters", name, ErrBadChoice, longest)
		}
		return value, nil
	}
	return nil, fmt.Errorf("filter %q is not known", name)
}

// gate wraps the query so that DuckDB withholds what guard would.
func (c *Cut) gate(ctx context.Context, q *query, floors Floors) error {
	c.gated = q.sql
	columns, err := c.describe(ctx)
	if err != nil {
		return err
	}
	g, err := newGuard(q.header, columns, floors)
	if err != nil {
		return err
	}
	c.visible = "true"
	if g.hidden >= 0 {
		c.visible = "is_hidden is not distinct from false"
	}
	if g.people >= 0 {
		c.visible += fmt.Sprintf(" and (%[1]s is null or %[1]s >= %[2]d)", columns[g.people], g.floor)
	}
	names := make([]string, len(c.Columns))
	for i, column := range c.Columns {
		if !slices.Contains(columns, column.Name) {
			return fmt.Errorf("column %q is declared, but not in the query", column.Name)
		}
		names[i] = column.Name
	}
	c.query = c.selecting(strings.Join(names, ", "))
	return nil
}

func (c *Cut) selecting(list string) string {
	return "select " + list + " from (" + c.gated + "\n) as extract where " + c.visible
}

// describe returns the columns of the query, the gate's own with them.
func (c *Cut) describe(ctx context.Context) ([]string, error) {
	rows, err := c.marts.db.QueryContext(ctx, "select * from ("+c.gated+"\n) as extract limit 0", c.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	return columns, errors.Join(err, rows.Err())
}

// fingerprint hashes what the content depends on: the statement, what is bound to
// it, which holds the reader's scope, and the builds of the marts that it reads.
func (c *Cut) fingerprint(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
},
) (string, error) {
	var built string
	err := db.QueryRowContext(ctx, `select coalesce(string_agg(name || ' ' || fingerprint, ',' order by name), '')
		from meta.model where list_contains(string_split($1, ','), name)`, strings.Join(slices.Concat(c.reads, []string{"marts.unit_scope"}), ",")).Scan(&built)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q", c.query, built)
	for _, a := range c.args {
		arg := a.(sql.NamedArg)
		value, err := json.Marshal(arg.Value)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%q %s", arg.Name, value)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// within runs f in a transaction that sees the data of the cut's fingerprint.
func (c *Cut) within(ctx context.Context, f func(conn *sql.Conn) error) (err error) {
	conn, err := c.marts.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if _, failed := conn.ExecContext(context.WithoutCancel(ctx), "rollback"); failed != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the pool must not lend it again
		}
		err = errors.Join(err, conn.Close())
	}()
	if _, err := conn.ExecContext(ctx, "begin"); err != nil {
		return err
	}
	now, err := c.fingerprint(ctx, conn)
	if err != nil {
		return err
	}
	if now != c.Fingerprint {
		return ErrMoved
	}
	return f(conn)
}

// Each calls start with the number of rows and the schema, then each for every
// batch, all of one moment. An error of either ends it.
func (c *Cut) Each(ctx context.Context, engine Engine, start func(Rows, *arrow.Schema) error, each func(arrow.RecordBatch) error) error {
	return c.within(ctx, func(conn *sql.Conn) error {
		rows, err := c.count(ctx, conn)
		if err != nil {
			return err
		}
		var seen int64
		started := false
		for _, window := range c.windows(ctx, conn) {
			args := c.argsOf(window)
			err := engine(ctx, conn, c.query, args, func(schema *arrow.Schema, batch arrow.RecordBatch) error {
				if batch != nil {
					seen += batch.NumRows()
					return each(batch)
				}
				if started {
					return nil
				}
				started = true
				return start(rows, schema)
			})
			if err != nil {
				return err
			}
		}
		if seen != rows.Count {
			return fmt.Errorf("extract %s: %d rows were declared, and %d came", c.Extract.Name, rows.Count, seen)
		}
		return nil
	})
}

// Parquet writes the cut to a file that DuckDB may write, with keys and values in
// its footer.
func (c *Cut) Parquet(ctx context.Context, file string, metadata func(Rows) map[string]string) (Rows, error) {
	var rows Rows
	err := c.within(ctx, func(conn *sql.Conn) (err error) {
		if rows, err = c.count(ctx, conn); err != nil {
			return err
		}
		var pairs []string
		said := metadata(rows)
		for _, key := range slices.Sorted(maps.Keys(said)) {
			pairs = append(pairs, quoted(key, `"`)+": "+quoted(said[key], "'"))
		}
		statement := "copy (" + c.query + ") to " + quoted(file, "'") +
			" (format parquet, compression zstd, row_group_size 122880, kv_metadata {" + strings.Join(pairs, ", ") + "})"
		result, err := conn.ExecContext(ctx, statement, c.args...)
		if err != nil {
			return err
		}
		written, err := result.RowsAffected()
		if err == nil && written != rows.Count {
			err = fmt.Errorf("extract %s: %d rows were declared, and %d written", c.Extract.Name, rows.Count, written)
		}
		return err
	})
	return rows, err
}

// quoted is s as a literal of SQL.
func quoted(s, quote string) string { return quote + strings.ReplaceAll(s, quote, quote+quote) + quote }

// count counts what may be seen, and notes whether anything may not.
func (c *Cut) count(ctx context.Context, conn *sql.Conn) (Rows, error) {
	var rows Rows
	err := conn.QueryRowContext(ctx, "select count(*) filter ("+c.visible+"), coalesce(bool_or(not ("+c.visible+")), false) from ("+c.gated+"\n) as extract",
		c.args...).Scan(&rows.Count, &rows.Hidden)
	return rows, err
}

// windows are the ranges of row ids that the cut is read by, at least one.
func (c *Cut) windows(ctx context.Context, conn *sql.Conn) [][2]int64 {
	all := [][2]int64{{0, 1 << 62}}
	if c.windowed == "" {
		return all
	}
	var last sql.NullInt64
	if err := conn.QueryRowContext(ctx, "select max(rowid) from "+c.windowed).Scan(&last); err != nil || last.Int64 < firstWindow {
		return all // one read finds what is wrong
	}
	windows := [][2]int64{{0, firstWindow}}
	for from := int64(firstWindow); from <= last.Int64; from += rowWindow {
		windows = append(windows, [2]int64{from, from + rowWindow})
	}
	return windows
}

// argsOf are the arguments for one window.
func (c *Cut) argsOf(window [2]int64) []any {
	args := slices.Clone(c.args)
	for i, a := range args {
		switch arg := a.(sql.NamedArg); arg.Name {
		case "row_from":
			args[i] = sql.Named(arg.Name, window[0])
		case "row_to":
			args[i] = sql.Named(arg.Name, window[1])
		}
	}
	return args
}

// policy says for which units the content holds; files of readers of the same units are
// the same, whatever their roles.
func (c *Cut) policy() string {
	for _, a := range c.args {
		if arg := a.(sql.NamedArg); arg.Name == "scope_grants" {
			return "units " + strings.ReplaceAll(fmt.Sprint(arg.Value), grantSeparator, ", ")
		}
	}
	return "the whole company"
}

// definitionsVersion moves when the words of a definition or of the catalogue do.
func definitionsVersion() string {
	sum := sha256.Sum256([]byte(definitionsTOML + extractsTOML))
	return hex.EncodeToString(sum[:6])
}

// About is what a file says of itself.
func (c *Cut) About(rows Rows) map[string]string {
	filters, err := json.Marshal(c.filters)
	if err != nil {
		panic(err) // a map of strings
	}
	about := map[string]string{
		"dials.extract": c.Extract.Name, "dials.title": c.Extract.Title, "dials.grain": c.Extract.Grain,
		"dials.key": strings.Join(c.Extract.Key, ","), "dials.owner": c.Extract.Owner, "dials.class": string(c.Extract.Class),
		"dials.data_version": strconv.FormatInt(c.Version, 10), "dials.filters": string(filters),
		"dials.fingerprint": c.Fingerprint, "dials.rows": strconv.FormatInt(rows.Count, 10),
		"dials.policy": c.policy(), "dials.definitions": definitionsVersion(),
	}
	if rows.Hidden {
		about["dials.note"] = "some groups are hidden to protect people"
	}
	return about
}

// Schema returns the columns of the cut with their Arrow types.
func (c *Cut) Schema(ctx context.Context, engine Engine) (*arrow.Schema, error) {
	var found *arrow.Schema
	err := c.within(ctx, func(conn *sql.Conn) error {
		return engine(ctx, conn, c.query+" limit 0", c.args, func(schema *arrow.Schema, _ arrow.RecordBatch) error {
			found = schema
			return nil
		})
	})
	return found, err
}
