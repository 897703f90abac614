package ingest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// readFile has DuckDB read a file.
func (l *landing) readFile(ctx context.Context, f *File) error {
	from, numbered, r, err := l.expressions(ctx, f)
	if err != nil {
		return err
	}
	if err := l.setMapping(ctx, r); err != nil {
		return err
	}
	read, refused := l.walk.Read, l.walk.Rejected
	rows, blank, err := l.land(ctx, from, func() (string, string) {
		return numbered, "dials_n, null::bigint as dials_line, " + l.payload(r) + " as dials_payload"
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	counted := f.Records >= 0 && !l.probing
	if f.Format == "csv" && (err != nil || counted && rows != f.Records) {
		// DuckDB and a plain count of the lines disagree: the careful way decides.
		l.walk.Read, l.walk.Rejected, l.mapping = read, refused, nil // it is mapped again
		if err := l.load.DropFile(ctx, l.number); err != nil {
			return err
		}
		return ErrNotPlain
	}
	if err == nil && f.Format == "jsonl" && counted && rows-blank != f.Records {
		err = fmt.Errorf("%d of its %d lines were read", rows-blank, f.Records)
	}
	if err != nil {
		return readable(f, err)
	}
	if l.walk.Rejected == refused {
		return nil
	}
	return l.addLines(ctx, f)
}

// readable turns DuckDB's words about a file into ours.
func readable(f *File, err error) error {
	words, _, _ := strings.Cut(err.Error(), "\n")
	if f.Format == "parquet" {
		return fmt.Errorf("it cannot be read as Parquet: %s", words)
	}
	return errors.New(words)
}

// expressions returns the table expression that reads f, the same with dials_n, the
// number of each record, and the columns.
func (l *landing) expressions(ctx context.Context, f *File) (from, numbered string, r reading, err error) {
	r = reading{odd: f.Odd}
	switch f.Format {
	case "csv":
		var cols []string
		for i, name := range f.Columns {
			c := fmt.Sprintf("c%d", i)
			r.cols = append(r.cols, sourceColumn{Name: name, Type: "VARCHAR", Expr: c})
			cols = append(cols, c)
		}
		from = readCSV(f, cols)
		numbered = "(select row_number() over () as dials_n, * from " + from + ")"
	case "jsonl":
		r.json, r.paths = true, new([]string)
		for _, name := range f.Columns {
			r.cols = append(r.cols, r.addPath(name))
		}
		lines := readCSV(f, []string{"raw"})
		// What is no JSON must never reach a function that reads JSON.
		record := ", case when json_valid(raw) then case when json_type(raw) = 'OBJECT' then raw::json end end as record from "
		from = "(select raw" + record + lines + ")"
		numbered = "(select dials_n, raw" + record + "(select row_number() over () as dials_n, raw from " + lines + "))"
	case "parquet":
		read := "read_parquet(" + literal(f.Local) + ", binary_as_string = true"
		from = read + ")"
		numbered = "(select file_row_number + 1 as dials_n, * exclude (file_row_number) from " + read + ", file_row_number = true))"
		r.cols, err = l.describe(ctx, from)
		if err != nil {
			err = readable(f, err)
		}
	default:
		err = fmt.Errorf("no reader for format %q", f.Format)
	}
	return from, numbered, r, err
}

// readCSV is the table function that reads f as text.
func readCSV(f *File, cols []string) string {
	defs := make([]string, len(cols))
	for i, c := range cols {
		defs[i] = literal(c) + ": 'VARCHAR'"
	}
	quote, delim := f.Quote, f.Delimiter
	if f.Format == "jsonl" {
		quote, delim = "", "\x1f" // a control character, which JSON cannot hold
	}
	const least = 2 << 20
	longest := max(least, f.Longest+1024)
	return fmt.Sprintf("read_csv(%s, auto_detect = false, header = false, skip = %d, delim = %s, quote = %s, escape = %s, "+
		"max_line_size = %d, buffer_size = %d, columns = {%s})",
		literal(f.Local), f.Skip, literal(delim), literal(quote), literal(quote), longest, max(16*least, 4*longest), strings.Join(defs, ", "))
}

// describe returns the columns of a table expression.
func (l *landing) describe(ctx context.Context, from string) ([]sourceColumn, error) {
	rows, err := l.load.Conn().QueryContext(ctx, "select column_name, column_type from (describe select * from "+from+")")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var cols []sourceColumn
	for rows.Next() {
		var c sourceColumn
		if err := rows.Scan(&c.Name, &c.Type); err != nil {
			return nil, err
		}
		c.Expr = ident(c.Name)
		c.Name = strings.TrimSpace(c.Name)
		if strings.HasPrefix(c.Type, "ENUM") {
			c.Expr, c.Type = c.Expr+"::varchar", "VARCHAR"
		}
		cols = append(cols, c)
	}
	return cols, rows.Err()
}

// payload is the SQL of a record as the source has it, its values cut short.
func (l *landing) payload(r reading) string {
	if r.json {
		return "to_json(left(raw, " + fmt.Sprint(10*keptText) + "))"
	}
	const most = 1000 // columns
	var parts []string
	for i, c := range r.cols {
		if i == most {
			break
		}
		parts = append(parts, literal(c.Name), "left("+c.Expr+"::varchar, "+fmt.Sprint(keptText)+")")
	}
	return "json_object(" + strings.Join(parts, ", ") + ")"
}

// addLines fills in the physical lines of the current file's refused records.
func (l *landing) addLines(ctx context.Context, f *File) error {
	if f.Line == nil {
		return nil
	}
	records, err := l.refusedRecords(ctx)
	if err != nil || len(records) == 0 {
		return err
	}
	lines, err := f.Line(ctx, records)
	if err != nil {
		return err
	}
	const atOnce = 1000
	for i := 0; i < len(records); i += atOnce {
		var pairs []string
		for j := i; j < min(i+atOnce, len(records)); j++ {
			pairs = append(pairs, fmt.Sprintf("(%d, %d)", records[j], lines[j]))
		}
		_, err := l.load.Conn().ExecContext(ctx, "update refused set line = p.line from (values "+strings.Join(pairs, ", ")+
			") p(record, line) where refused.file = ? and refused.record = p.record and p.line > 0", l.number)
		if err != nil {
			return err
		}
	}
	return nil
}

// refusedRecords are the numbers of the current file's refused records, in order.
func (l *landing) refusedRecords(ctx context.Context) ([]int64, error) {
	rows, err := l.load.Conn().QueryContext(ctx, "select record from refused where file = ? and line is null and record is not null order by record", l.number)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var records []int64
	for rows.Next() {
		var n sql.NullInt64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		records = append(records, n.Int64)
	}
	return records, rows.Err()
}
