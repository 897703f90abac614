package flight

import (
	"bytes"
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A preparedStatement is kept here as text: it is bound and run in the worker, anew
// each time.
type preparedStatement struct {
	sql    string
	params []byte // an Arrow stream
}

// mostParams bounds the parameters of a statement.
const mostParams = 4 << 20

// CreatePreparedStatement prepares a statement.
func (s *Server) CreatePreparedStatement(ctx context.Context, req flightsql.ActionCreatePreparedStatementRequest) (flightsql.ActionCreatePreparedStatementResult, error) {
	var result flightsql.ActionCreatePreparedStatementResult
	columns, params, err := s.describe(ctx, req.GetQuery())
	if err != nil {
		return result, err
	}
	handle := newHandle()
	ss := callOf(ctx).session
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if len(ss.prepared) >= mostPrepared {
		return result, status.Errorf(codes.ResourceExhausted, "busy: %d statements are prepared already", mostPrepared)
	}
	ss.prepared[string(handle)] = &preparedStatement{sql: req.GetQuery()}
	result.Handle, result.ParameterSchema = handle, params
	if params.NumFields() == 0 { // with parameters the columns may depend on them
		result.DatasetSchema = columns
	}
	return result, nil
}

// ClosePreparedStatement forgets a statement.
func (s *Server) ClosePreparedStatement(ctx context.Context, req flightsql.ActionClosePreparedStatementRequest) error {
	ss := callOf(ctx).session
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.prepared, string(req.GetPreparedStatementHandle()))
	return nil
}

func prepared(ctx context.Context, handle []byte) (preparedStatement, error) {
	ss := callOf(ctx).session
	ss.mu.Lock()
	defer ss.mu.Unlock()
	p := ss.prepared[string(handle)]
	if p == nil {
		return preparedStatement{}, status.Error(codes.NotFound, "the statement is not prepared, or was closed")
	}
	return *p, nil
}

// DoPutPreparedStatementQuery binds the parameters of a prepared statement.
func (s *Server) DoPutPreparedStatementQuery(ctx context.Context, cmd flightsql.PreparedStatementQuery, r flight.MessageReader, _ flight.MetadataWriter) ([]byte, error) {
	if _, err := prepared(ctx, cmd.GetPreparedStatementHandle()); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	var w *ipc.Writer
	for r.Next() {
		if w == nil {
			w = ipc.NewWriter(&b, ipc.WithSchema(r.Schema()))
		}
		if err := w.Write(r.RecordBatch()); err != nil {
			return nil, s.broken(ctx, err)
		}
		if b.Len() > mostParams {
			return nil, status.Error(codes.ResourceExhausted, "the parameters are too long")
		}
	}
	if err := r.Err(); err != nil {
		return nil, status.Error(codes.InvalidArgument, "the parameters are no Arrow stream")
	}
	if w != nil {
		if err := w.Close(); err != nil {
			return nil, s.broken(ctx, err)
		}
	}
	ss := callOf(ctx).session
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if p := ss.prepared[string(cmd.GetPreparedStatementHandle())]; p != nil {
		p.params = b.Bytes()
	}
	return cmd.GetPreparedStatementHandle(), nil
}

// GetFlightInfoPreparedStatement describes a prepared statement.
func (s *Server) GetFlightInfoPreparedStatement(ctx context.Context, cmd flightsql.PreparedStatementQuery, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	p, err := prepared(ctx, cmd.GetPreparedStatementHandle())
	if err != nil {
		return nil, err
	}
	columns, params, err := s.describe(ctx, p.sql)
	if err != nil {
		return nil, err
	}
	info := infoOf(desc, desc.Cmd, columns)
	if params.NumFields() > 0 { // the columns may depend on what is bound: the stream says them
		info.Schema = nil
	}
	return info, nil
}

// GetSchemaPreparedStatement returns the columns of a prepared statement.
func (s *Server) GetSchemaPreparedStatement(ctx context.Context, cmd flightsql.PreparedStatementQuery, _ *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	p, err := prepared(ctx, cmd.GetPreparedStatementHandle())
	if err != nil {
		return nil, err
	}
	columns, _, err := s.describe(ctx, p.sql)
	if err != nil {
		return nil, err
	}
	return &flight.SchemaResult{Schema: flight.SerializeSchema(columns, memory.DefaultAllocator)}, nil
}

// DoGetPreparedStatement runs a prepared statement with what is bound to it.
func (s *Server) DoGetPreparedStatement(ctx context.Context, cmd flightsql.PreparedStatementQuery) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	p, err := prepared(ctx, cmd.GetPreparedStatementHandle())
	if err != nil {
		return nil, nil, err
	}
	return s.rows(ctx, string(cmd.GetPreparedStatementHandle()), p.sql, p.params)
}
