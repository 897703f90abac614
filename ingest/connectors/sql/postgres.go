package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// pgDatabase is a snapshot of a PostgreSQL database.
type pgDatabase struct {
	conn  *pgx.Conn
	at    time.Time
	ascii bool // the database does not know its encoding
}

func openPostgres(ctx context.Context, o options) (database, error) {
	config, err := pgx.ParseConfig("")
	if err != nil {
		return nil, errors.New("the environment's PG variables cannot be read")
	}
	config.Host, config.Port, config.Database, config.User, config.Password = o.Host, uint16(o.Port), o.Database, o.User, o.password
	config.Fallbacks, config.ConnectTimeout = nil, o.connect
	if config.TLSConfig, err = o.tls(); err != nil {
		return nil, err
	}
	config.RuntimeParams = map[string]string{"application_name": "dials", "timezone": "UTC", "client_encoding": "UTF8"}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, pgWords{}.explain(err, o)
	}
	db := &pgDatabase{conn: conn}
	// Limits hold for the transaction alone: poolers allow no others. While a stream is
	// merged the snapshot is idle.
	_, err = conn.PgConn().Exec(ctx, fmt.Sprintf("begin transaction isolation level repeatable read read only; set local statement_timeout = %d; "+
		"set local lock_timeout = %d; set local idle_in_transaction_session_timeout = 0; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'",
		o.statement.Milliseconds(), o.lock.Milliseconds())).ReadAll()
	if err == nil {
		var encoding string
		err = conn.QueryRow(ctx, "select now(), current_setting('server_encoding')").Scan(&db.at, &encoding)
		db.ascii = encoding == "SQL_ASCII"
	}
	if err == nil {
		_, err = conn.Exec(ctx, "savepoint dials")
	}
	if err != nil {
		return nil, errors.Join(pgWords{}.explain(err, o), db.close())
	}
	return db, nil
}

func (d *pgDatabase) now() time.Time { return d.at }

func (d *pgDatabase) alive() bool { return !d.conn.IsClosed() }

func (d *pgDatabase) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = d.conn.Close(ctx) // it was only read: what is lost is the goodbye
	return nil
}

// describe has the server describe the query. After an earlier stream's error the
// snapshot is still there, behind the savepoint.
func (d *pgDatabase) describe(ctx context.Context, query string) ([]column, error) {
	if _, err := d.conn.Exec(ctx, "rollback to savepoint dials"); err != nil {
		return nil, err
	}
	described, err := d.conn.PgConn().Prepare(ctx, "", query, nil)
	if err != nil {
		return nil, err
	}
	var cols []column
	for _, f := range described.Fields {
		c := column{name: f.Name, oid: f.DataTypeOID, typ: "a type of its own"}
		if t, ok := d.conn.TypeMap().TypeForOID(f.DataTypeOID); ok {
			c.typ = t.Name
		}
		c.kind, c.single = pgKind(f.DataTypeOID, c.typ), f.DataTypeOID == pgtype.Float4OID
		cols = append(cols, c)
	}
	return cols, d.ownTypes(ctx, cols)
}

// ownTypes finds, of the types that the database has made itself, arrays and records.
func (d *pgDatabase) ownTypes(ctx context.Context, cols []column) error {
	var oids []string
	for _, c := range cols {
		if _, ok := d.conn.TypeMap().TypeForOID(c.oid); !ok {
			oids = append(oids, strconv.FormatUint(uint64(c.oid), 10))
		}
	}
	if len(oids) == 0 {
		return nil
	}
	rows, err := d.conn.Query(ctx, "select oid::int8 from pg_catalog.pg_type where (typcategory = 'A' and typelem <> 0 or typtype = 'c') and oid in ("+strings.Join(oids, ", ")+")")
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for i, c := range cols {
		if slices.Contains(found, int64(c.oid)) {
			cols[i].kind = asJSON
		}
	}
	return err
}

// pgKind says how a type is read.
func pgKind(oid uint32, name string) kind {
	switch oid {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID:
		return asInteger
	case pgtype.Float4OID, pgtype.Float8OID:
		return asNumber
	case pgtype.NumericOID, 790: // money
		return asDecimal
	case pgtype.BoolOID:
		return asBoolean
	case pgtype.DateOID:
		return asDate
	case pgtype.TimestampOID:
		return asStamp
	case pgtype.TimestamptzOID:
		return asMoment
	case pgtype.ByteaOID:
		return asBytes
	case pgtype.RecordOID:
		return asJSON
	}
	if len(name) > 1 && name[0] == '_' {
		return asJSON // an array
	}
	return asText
}

// pgWords are PostgreSQL's ways to say things.
type pgWords struct{}

func (d *pgDatabase) quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func (d *pgDatabase) selected(c column) string {
	q := d.quote(c.name)
	switch c.kind {
	case asText:
		switch c.oid {
		case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID:
			return q
		}
		return q + "::text as " + q
	case asDecimal:
		if c.oid == pgtype.NumericOID {
			return q
		}
		return q + "::numeric as " + q
	case asInteger:
		return q + "::int8 as " + q
	case asNumber:
		return q + "::float8 as " + q
	case asJSON:
		return "to_json(" + q + ")::text as " + q
	case asBytes:
		return "encode(" + q + ", 'hex') as " + q
	}
	return q
}

func (d *pgDatabase) parameter(c column, n int) string {
	switch c.kind {
	case asInteger:
		return fmt.Sprintf("$%d::int8", n)
	case asDecimal:
		return fmt.Sprintf("$%d::numeric", n)
	case asDate:
		return fmt.Sprintf("$%d::date", n)
	case asStamp:
		return fmt.Sprintf("$%d::timestamp", n)
	case asMoment:
		return fmt.Sprintf("$%d::timestamp at time zone 'UTC'", n)
	}
	return fmt.Sprintf("$%d", n) // of the type that it is compared with
}

func (d *pgDatabase) count(ctx context.Context, query string, args []any) (n int64, err error) {
	rows := d.conn.PgConn().ExecParams(ctx, query, texts(args), nil, nil, []int16{pgx.TextFormatCode})
	for rows.NextRow() {
		if n, err = strconv.ParseInt(string(rows.Values()[0]), 10, 64); err != nil {
			return 0, d.leave(rows, err)
		}
	}
	_, err = rows.Close()
	return n, err
}

// texts writes parameters as PostgreSQL reads them.
func texts(args []any) [][]byte {
	var out [][]byte
	for _, a := range args {
		out = append(out, []byte(fmt.Sprint(a)))
	}
	return out
}

// read reads the rows as the server sends them, in its binary format.
func (d *pgDatabase) read(ctx context.Context, query string, args []any, cols []column, b *builder) error {
	b.notes = d.ascii
	rows := d.conn.PgConn().ExecParams(ctx, query, texts(args), nil, nil, []int16{pgx.BinaryFormatCode})
	for rows.NextRow() {
		for i, raw := range rows.Values() {
			if raw == nil {
				b.null(i)
				continue
			}
			if err := b.binary(i, cols[i].kind, raw); err != nil {
				return d.leave(rows, fmt.Errorf("column %q: %w", cols[i].name, err))
			}
		}
		if err := b.row(); err != nil {
			return d.leave(rows, err)
		}
	}
	_, err := rows.Close()
	return err
}

// leave ends a query of which more rows would come: reading them all to keep the
// connection would take as long as the rest of the table.
func (d *pgDatabase) leave(rows *pgconn.ResultReader, err error) error {
	_ = d.close()
	_, _ = rows.Close()
	return err
}

func (d *pgDatabase) explain(err error, o options) error { return pgWords{}.explain(err, o) }

// explain says what a person can do about an error of the server.
func (pgWords) explain(err error, o options) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		var connect *pgconn.ConnectError
		if errors.As(err, &connect) {
			return fmt.Errorf("the database cannot be reached: %s", strings.Join(strings.Fields(err.Error()), " "))
		}
		return err
	}
	say := func(words string) error {
		return fmt.Errorf("%s: %s (SQLSTATE %s)", words, refused.Message, refused.Code)
	}
	switch refused.Code {
	case "28000", "28P01":
		return say(fmt.Sprintf("the database refuses user %q: check user, and what password_env holds", o.User))
	case "3D000":
		return say("there is no such database: check database")
	case "42501":
		return say(fmt.Sprintf("user %q may not read this: grant select", o.User))
	case "42P01", "42703", "3F000":
		return say("the query names what the database does not have")
	case "42601":
		return say("the query is not one query")
	case "25006":
		return say("the query writes, and only reading is allowed")
	case "57014":
		return say(fmt.Sprintf("the query was stopped; statement_timeout is %s", o.statement))
	case "40001":
		return say("the replica took its data away while it was read: run it again, read in pages, or raise max_standby_streaming_delay there")
	case "55P03":
		return say(fmt.Sprintf("the table was locked for longer than lock_timeout = %q", o.lock))
	case "53300":
		return say("the database has no free connection: run it again later")
	}
	return fmt.Errorf("the database says: %s (SQLSTATE %s)", refused.Message, refused.Code)
}
