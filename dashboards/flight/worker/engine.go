package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/duckdb/duckdb-go/v2/arrowmapping"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Names of the snapshot as SQL has them: catalog.schema.table.
const (
	Catalog = "dials"
	Schema  = "main"
)

// An engine is the snapshot, open to be read and for nothing else. It uses DuckDB's C
// interface, since database/sql would run all but the last statement of a text while
// it prepares it.
type engine struct {
	db     mapping.Database
	limits Limits
	turn   chan struct{} // one statement computes at a time
}

// openEngine opens the snapshot at path with every door closed.
func openEngine(path string, limits Limits) (*engine, error) {
	var config mapping.Config
	if mapping.CreateConfig(&config) == mapping.StateError {
		return nil, errors.New("snapshot: no configuration")
	}
	defer mapping.DestroyConfig(&config)
	for _, set := range [][2]string{
		{"access_mode", "READ_ONLY"},
		{"threads", "1"},
		{"memory_limit", strconv.FormatInt(limits.Memory*3/4, 10) + "B"},
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		{"allow_community_extensions", "false"},
		{"allow_unsigned_extensions", "false"},
		{"allow_persistent_secrets", "false"},
		{"temp_directory", ""}, // nothing spills; the order matters
		{"enable_external_access", "false"},
	} {
		if mapping.SetConfig(config, set[0], set[1]) == mapping.StateError {
			return nil, fmt.Errorf("snapshot: %s cannot be set", set[0])
		}
	}
	e := &engine{limits: limits, turn: make(chan struct{}, 1)}
	var says string
	if mapping.OpenExt(path, &e.db, config, &says) == mapping.StateError {
		return nil, fmt.Errorf("snapshot: %s", says)
	}
	for _, last := range []string{"set global TimeZone = 'UTC'", "set global disabled_filesystems = 'LocalFileSystem'", "set global lock_configuration = true"} {
		if err := e.exec(last); err != nil {
			e.close()
			return nil, fmt.Errorf("snapshot: %s: %w", last, err)
		}
	}
	return e, nil
}

func (e *engine) close() { mapping.Close(&e.db) }

// exec runs a statement of our own.
func (e *engine) exec(query string) error {
	var conn mapping.Connection
	if mapping.Connect(e.db, &conn) == mapping.StateError {
		return errors.New("no connection")
	}
	defer mapping.Disconnect(&conn)
	var result mapping.Result
	defer mapping.DestroyResult(&result)
	if mapping.Query(conn, query, &result) == mapping.StateError {
		return errors.New(mapping.ResultError(&result))
	}
	return nil
}

// A prepared is one foreign statement, bound but not run.
type prepared struct {
	e       *engine
	conn    mapping.Connection
	stmt    mapping.PreparedStatement
	options arrowmapping.ArrowOptions
	columns *arrow.Schema
	params  *arrow.Schema
}

// take waits for the engine's turn: one statement computes at a time.
func (e *engine) take(ctx context.Context) (release func(), err error) {
	select {
	case e.turn <- struct{}{}:
		return func() { <-e.turn }, nil
	case <-ctx.Done():
		return nil, failed(ctx, "", e.limits)
	}
}

// prepare has DuckDB bind a statement that was checked, and asks again that it is one
// query. DuckDB computes what is constant in it here already.
func (e *engine) prepare(ctx context.Context, sql string) (*prepared, error) {
	release, err := e.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	p := &prepared{e: e}
	if mapping.Connect(e.db, &p.conn) == mapping.StateError {
		return nil, &Failure{Broken, "the statement failed"}
	}
	arrowmapping.ConnectionGetArrowOptions(p.conn, &p.options)
	defer p.interrupt(ctx)()
	if err := p.extract(ctx, sql); err != nil {
		p.close()
		return nil, err
	}
	if kind := mapping.PreparedStatementType(p.stmt); kind != mapping.StatementTypeSelect {
		p.close()
		return nil, refuse("only queries may be run: select, with or values")
	}
	if err := p.describe(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *prepared) extract(ctx context.Context, sql string) error {
	var statements mapping.ExtractedStatements
	n := mapping.ExtractStatements(p.conn, sql, &statements)
	defer mapping.DestroyExtracted(&statements)
	if n != 1 {
		return refuse("one statement at a time, not %d", n)
	}
	if mapping.PrepareExtractedStatement(p.conn, statements, 0, &p.stmt) == mapping.StateError {
		return failed(ctx, mapping.PrepareError(p.stmt), p.e.limits)
	}
	return nil
}

// describe asks for the columns and the parameters in Arrow's types.
func (p *prepared) describe() (err error) {
	var names []string
	var types []mapping.LogicalType
	defer func() { destroy(types) }()
	for i := range mapping.PreparedStatementColumnCount(p.stmt) {
		names = append(names, mapping.PreparedStatementColumnName(p.stmt, i))
		types = append(types, mapping.PreparedStatementColumnLogicalType(p.stmt, i))
	}
	if p.columns, err = p.schema(types, names); err != nil {
		return err
	}
	var params []string
	var paramTypes []mapping.LogicalType
	defer func() { destroy(paramTypes) }()
	for i := range mapping.NParams(p.stmt) {
		params = append(params, mapping.ParameterName(p.stmt, i+1))
		t := mapping.ParamType(p.stmt, i+1)
		if t == mapping.TypeInvalid || t == mapping.TypeSQLNull || t == mapping.TypeAny || t == mapping.TypeDecimal {
			t = mapping.TypeVarchar
		}
		paramTypes = append(paramTypes, mapping.CreateLogicalType(t))
	}
	p.params, err = p.schema(paramTypes, params)
	return err
}

func destroy(types []mapping.LogicalType) {
	for i := range types {
		mapping.DestroyLogicalType(&types[i])
	}
}

func (p *prepared) schema(types []mapping.LogicalType, names []string) (*arrow.Schema, error) {
	if len(types) == 0 {
		return arrow.NewSchema(nil, nil), nil
	}
	schema, data := arrowmapping.NewArrowSchema(p.options, types, names)
	defer mapping.DestroyErrorData(&data)
	if mapping.ErrorDataHasError(data) {
		return nil, &Failure{Wrong, clean(mapping.ErrorDataMessage(data))}
	}
	return schema, nil
}

func (p *prepared) close() {
	mapping.DestroyPrepare(&p.stmt)
	arrowmapping.DestroyArrowOptions(&p.options)
	mapping.Disconnect(&p.conn)
}

// fetch hands the batches of a result to each.
func (p *prepared) fetch(ctx context.Context, result *mapping.Result, each func(arrow.RecordBatch) error) error {
	for {
		if ctx.Err() != nil {
			return failed(ctx, "", p.e.limits)
		}
		chunk := mapping.FetchChunk(*result)
		if chunk.Ptr == nil {
			return nil
		}
		batch, data := arrowmapping.DataChunkToArrowArray(p.options, p.columns, chunk)
		mapping.DestroyDataChunk(&chunk)
		if mapping.ErrorDataHasError(data) {
			says := mapping.ErrorDataMessage(data)
			mapping.DestroyErrorData(&data)
			return failed(ctx, says, p.e.limits)
		}
		err := each(batch)
		batch.Release()
		if err != nil {
			return err
		}
	}
}

// compute runs the statement to its result, which DuckDB holds.
func (p *prepared) compute(ctx context.Context) (*mapping.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.e.limits.Deadline, context.DeadlineExceeded)
	defer cancel()
	release, err := p.e.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	defer p.interrupt(ctx)()
	var pending mapping.PendingResult
	defer mapping.DestroyPending(&pending)
	if mapping.PendingPrepared(p.stmt, &pending) == mapping.StateError {
		return nil, failed(ctx, mapping.PendingError(pending), p.e.limits)
	}
	result := new(mapping.Result)
	if mapping.ExecutePending(pending, result) == mapping.StateError {
		says := mapping.ResultError(result)
		mapping.DestroyResult(result)
		return nil, failed(ctx, says, p.e.limits)
	}
	return result, nil
}

// interrupt stops the statement when ctx ends, until the function that it returns is
// called.
func (p *prepared) interrupt(ctx context.Context) (done func()) {
	ended, left := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(left)
		select {
		case <-ctx.Done():
		case <-ended:
			return
		}
		again := time.NewTicker(20 * time.Millisecond) // one interrupt may come before the statement runs
		defer again.Stop()
		for {
			mapping.Interrupt(p.conn)
			select {
			case <-again.C:
			case <-ended:
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-left
	}
}

// write runs the statement, once for each row of params if there are any, calls begin
// when the first has a result, and writes the batches as an Arrow stream.
func (p *prepared) write(ctx context.Context, params []byte, begin func() error, to io.Writer) (rows int64, err error) {
	bindings, err := p.bindings(params)
	if err != nil {
		return 0, err
	}
	buffer := bufio.NewWriterSize(to, 128<<10)
	w := ipc.NewWriter(buffer, ipc.WithSchema(p.columns))
	for i, bind := range bindings {
		if err := bind(); err != nil {
			return rows, err
		}
		result, err := p.compute(ctx)
		if err != nil {
			return rows, err
		}
		if i == 0 {
			err = begin()
		}
		if err == nil {
			err = p.fetch(ctx, result, func(batch arrow.RecordBatch) error {
				if rows += batch.NumRows(); rows > p.e.limits.Rows {
					return &Failure{TooLarge, fmt.Sprintf("the answer has more than %d rows: filter it, or take the extract", p.e.limits.Rows)}
				}
				return w.Write(batch)
			})
		}
		mapping.DestroyResult(result)
		if err != nil {
			return rows, err
		}
	}
	if len(bindings) == 0 {
		err = begin()
	}
	return rows, errors.Join(err, w.Close(), buffer.Flush())
}

// literal returns s as an SQL string, and identifier as a name.
func literal(s string) string    { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func identifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
