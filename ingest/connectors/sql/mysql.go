package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strconv"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

// myDatabase is a snapshot of a MySQL or MariaDB database.
type myDatabase struct {
	db   *stdsql.DB
	conn *stdsql.Conn
	at   time.Time
	dead bool
}

func openMySQL(ctx context.Context, o options) (database, error) {
	config := driver.NewConfig()
	config.User, config.Passwd, config.DBName = o.User, o.password, o.Database
	config.Net, config.Addr = "tcp", net.JoinHostPort(o.Host, strconv.Itoa(o.Port))
	if o.socket {
		config.Net, config.Addr = "unix", o.Host
	}
	config.Timeout, config.ReadTimeout = o.connect, o.statement+time.Minute
	config.Collation, config.InterpolateParams = "utf8mb4_general_ci", true
	config.Logger = log.New(io.Discard, "", 0) // what matters comes back as an error
	var err error
	if config.TLS, err = o.tls(); err != nil {
		return nil, err
	}
	connector, err := driver.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("the database's address: %w", err)
	}
	d := &myDatabase{db: stdsql.OpenDB(connector)}
	if d.conn, err = d.db.Conn(ctx); err == nil {
		err = d.begin(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(d.explain(err, o), d.close())
	}
	return d, nil
}

// begin takes the snapshot.
func (d *myDatabase) begin(ctx context.Context, o options) error {
	var version string
	if err := d.conn.QueryRowContext(ctx, "select version()").Scan(&version); err != nil {
		return err
	}
	limit := fmt.Sprintf("set session max_execution_time = %d", o.statement.Milliseconds())
	if strings.Contains(version, "MariaDB") {
		limit = fmt.Sprintf("set session max_statement_time = %.3f", o.statement.Seconds())
	}
	lock := max(1, int(o.lock.Seconds()))
	for _, statement := range []string{
		limit,
		fmt.Sprintf("set session lock_wait_timeout = %d", lock),
		fmt.Sprintf("set session innodb_lock_wait_timeout = %d", lock),
		"set session net_write_timeout = 600", // while a batch is merged nobody reads
		"set session time_zone = '+00:00'",
		"set session transaction isolation level repeatable read",
		"start transaction with consistent snapshot, read only",
	} {
		if _, err := d.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	var seconds float64
	if err := d.conn.QueryRowContext(ctx, "select unix_timestamp(now(6))").Scan(&seconds); err != nil {
		return err
	}
	d.at = time.UnixMicro(int64(seconds * 1e6)).UTC()
	return nil
}

func (d *myDatabase) now() time.Time { return d.at }

func (d *myDatabase) alive() bool { return !d.dead }

func (d *myDatabase) close() error {
	if d.conn != nil {
		_ = d.conn.Close() // it was only read
	}
	return d.db.Close()
}

func (d *myDatabase) describe(ctx context.Context, query string) ([]column, error) {
	rows, err := d.conn.QueryContext(ctx, query+" limit 0")
	if err != nil {
		return nil, d.note(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	var cols []column
	for _, t := range types {
		c := column{name: t.Name(), typ: strings.ToLower(t.DatabaseTypeName())}
		c.kind, c.single = myKind(t.DatabaseTypeName()), t.DatabaseTypeName() == "FLOAT"
		cols = append(cols, c)
	}
	return cols, rows.Err()
}

// note remembers whether the connection outlived an error.
func (d *myDatabase) note(err error) error {
	var refused *driver.MySQLError
	if err != nil && !errors.As(err, &refused) {
		d.dead = true
	}
	return err
}

// myKind says how a type is read.
func myKind(name string) kind {
	switch strings.TrimPrefix(name, "UNSIGNED ") {
	case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "YEAR":
		return asInteger
	case "BIGINT":
		if strings.HasPrefix(name, "UNSIGNED") {
			return asDecimal // above 2^63 it is still exact
		}
		return asInteger
	case "FLOAT", "DOUBLE":
		return asNumber
	case "DECIMAL":
		return asDecimal
	case "DATE":
		return asDate
	case "DATETIME":
		return asStamp
	case "TIMESTAMP":
		return asMoment
	case "BIT":
		return asBits
	case "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY", "GEOMETRY":
		return asBytes
	}
	return asText
}

func (d *myDatabase) quote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func (d *myDatabase) selected(c column) string {
	q := d.quote(c.name)
	if c.kind == asBytes {
		return "lower(hex(" + q + ")) as " + q
	}
	if c.single {
		return q + " + 0e0 as " + q // as text it would have lost digits
	}
	return q
}

func (d *myDatabase) parameter(c column, _ int) string {
	if c.kind == asDecimal {
		return "cast(? as decimal(65, 30))" // a text would be compared as a float
	}
	return "?"
}

func (d *myDatabase) count(ctx context.Context, query string, args []any) (n int64, err error) {
	return n, d.note(d.conn.QueryRowContext(ctx, query, args...).Scan(&n))
}

// read reads the rows as the server sends them.
func (d *myDatabase) read(ctx context.Context, query string, args []any, cols []column, b *builder) (err error) {
	b.notes = true
	rows, err := d.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return d.note(err)
	}
	defer func() {
		if ctx.Err() != nil {
			d.dead = true
		}
		rows.Close()
	}()
	values, into := make([]stdsql.RawBytes, len(cols)), make([]any, len(cols))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, raw := range values {
			if raw == nil {
				b.null(i)
				continue
			}
			if err := b.fromText(i, cols[i].kind, string(raw)); err != nil {
				return fmt.Errorf("column %q: %w", cols[i].name, err)
			}
		}
		if err := b.row(); err != nil {
			return err
		}
	}
	return d.note(rows.Err())
}

// fromText adds one value as MySQL writes it.
func (b *builder) fromText(i int, k kind, v string) error {
	switch k {
	case asInteger:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return errFormat
		}
		b.integer(i, n)
	case asNumber:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return errFormat
		}
		b.number(i, f)
	case asDate, asStamp, asMoment:
		b.when(i, k, v)
	case asBits:
		var n uint64
		for _, c := range []byte(v) {
			n = n<<8 | uint64(c)
		}
		b.text(i, strconv.FormatUint(n, 10))
	case asDecimal:
		return b.decimal(i, v)
	default:
		b.text(i, v)
	}
	return nil
}

// when adds a date or a time. MySQL knows dates without a day, a month or a year.
func (b *builder) when(i int, k kind, v string) {
	if strings.HasPrefix(v, "0000") || len(v) >= len(time.DateOnly) && (v[5:7] == "00" || v[8:10] == "00") {
		b.isNone(i, "the zero date "+v[:min(len(v), len(time.DateOnly))])
		return
	}
	read := layout
	if k == asDate {
		read = time.DateOnly
	}
	t, err := time.Parse(read, v)
	switch {
	case err != nil:
		b.isNone(i, "the impossible date "+v[:min(len(v), len(time.DateOnly))])
	case k == asDate:
		b.date(i, t.Unix()/86400)
	default:
		b.stamp(i, t.UnixMicro())
	}
}

// explain says what a person can do about an error of the server.
func (d *myDatabase) explain(err error, o options) error {
	var refused *driver.MySQLError
	if !errors.As(err, &refused) {
		var unreachable *net.OpError
		if errors.As(err, &unreachable) && unreachable.Op == "dial" {
			return fmt.Errorf("the database cannot be reached: %w", err)
		}
		return err
	}
	say := func(words string) error {
		return fmt.Errorf("%s: %s (error %d)", words, refused.Message, refused.Number)
	}
	switch refused.Number {
	case 1045, 1698:
		return say(fmt.Sprintf("the database refuses user %q: check user, and what password_env holds", o.User))
	case 1044, 1142, 1143:
		return say(fmt.Sprintf("user %q may not read this: grant select", o.User))
	case 1049:
		return say("there is no such database: check database")
	case 1146, 1054:
		return say("the query names what the database does not have")
	case 1064:
		return say("the query is not one query")
	case 1060:
		return say("the query has two columns of one name: give one another name with as")
	case 1792:
		return say("the query writes, and only reading is allowed")
	case 1969, 3024, 1317:
		return say(fmt.Sprintf("the query was stopped; statement_timeout is %s", o.statement))
	case 1205:
		return say(fmt.Sprintf("the table was locked for longer than lock_timeout = %q", o.lock))
	case 1040:
		return say("the database has no free connection: run it again later")
	}
	return fmt.Errorf("the database says: %s (error %d)", refused.Message, refused.Number)
}
