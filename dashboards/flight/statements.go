package flight

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dials/dashboards/audit"
	"dials/dashboards/flight/worker"
	"dials/queries"
)

// handleSize is how long the random part of a handle is.
const handleSize = 16

func newHandle() []byte {
	b := make([]byte, handleSize)
	_, _ = rand.Read(b) // it never returns an error
	return b
}

// broken makes of an error what a client may know of it.
func (s *Server) broken(ctx context.Context, err error) error {
	var f *worker.Failure
	switch {
	case err == nil:
		return nil
	case status.Code(err) != codes.Unknown:
		return err
	case ctx.Err() != nil:
		if errors.Is(context.Cause(ctx), errRevoked) {
			return status.Error(codes.Unauthenticated, errRevoked.Error())
		}
		return status.FromContextError(ctx.Err()).Err()
	case errors.As(err, &f):
		return status.Error(codeOf(f.Kind), f.Says)
	case errors.Is(err, queries.ErrNotAllowed):
		return status.Error(codes.PermissionDenied, "there is nothing that this token may take away")
	case errors.Is(err, queries.ErrNotBuilt), errors.Is(err, queries.ErrMoved):
		return status.Error(codes.Unavailable, "the data are being rebuilt: ask again")
	}
	s.Log.ErrorContext(ctx, "flight sql", "err", err)
	return status.Error(codes.Internal, "the statement failed")
}

func codeOf(kind worker.Kind) codes.Code {
	switch kind {
	case worker.Refused:
		return codes.PermissionDenied
	case worker.Wrong:
		return codes.InvalidArgument
	case worker.TooLong:
		return codes.DeadlineExceeded
	case worker.TooLarge, worker.Busy:
		return codes.ResourceExhausted
	case worker.Canceled:
		return codes.Canceled
	}
	return codes.Unavailable
}

// run notes that a statement of a handle runs, until done is called, and lets it be
// canceled by its handle.
func (c call) run(ctx context.Context, handle string) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	key := handle + string(newHandle()) // one handle may run twice
	c.session.mu.Lock()
	c.session.running[key] = cancel
	c.session.mu.Unlock()
	return ctx, func() {
		cancel()
		c.session.mu.Lock()
		delete(c.session.running, key)
		c.session.mu.Unlock()
	}
}

// describe has a worker say what a statement's columns and parameters are.
func (s *Server) describe(ctx context.Context, sql string) (columns, params *arrow.Schema, err error) {
	c := callOf(ctx)
	ctx, done := c.run(ctx, "")
	defer done()
	_, a, err := s.ask(ctx, c, worker.Request{SQL: sql, IsDescribe: true})
	if err != nil {
		s.refused(ctx, c, sql, err)
		return nil, nil, s.broken(ctx, err)
	}
	defer a.close()
	if columns, err = worker.ReadSchema(a.Columns); err == nil {
		params, err = worker.ReadSchema(a.Params)
	}
	return columns, params, s.broken(ctx, err)
}

// hash stands for a statement in the audit: its text may name people.
func hash(sql string) string {
	sum := sha256.Sum256([]byte(sql))
	return hex.EncodeToString(sum[:])
}

// record writes down that a statement is answered, or how that ended.
func (s *Server) record(c call, kind audit.Kind, what, sql string, fields map[string]string) error {
	fields["policy"], fields["sql_sha256"] = c.visitor.Policy.GroupKey(), hash(sql)
	return s.Audit.Write(audit.Event{
		At: s.Clock(), Kind: kind, By: audit.Identity(c.visitor.ID), Address: c.visitor.Address, What: what, Reason: c.visitor.Purpose, Fields: fields,
	})
}

// refused writes down what was tried and is not allowed.
func (s *Server) refused(ctx context.Context, c call, sql string, err error) {
	var f *worker.Failure
	if !errors.As(err, &f) || f.Kind != worker.Refused {
		return
	}
	if err := s.record(c, audit.Denied, "flight sql", sql, map[string]string{}); err != nil {
		s.Log.ErrorContext(ctx, "audit failed", "err", err)
	}
}

// rows has a worker run a statement and returns its batches as they come.
func (s *Server) rows(ctx context.Context, handle, sql string, params []byte) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	c := callOf(ctx)
	ctx, done := c.run(ctx, handle)
	p, a, err := s.ask(ctx, c, worker.Request{SQL: sql, Params: params})
	if err == nil { // it leaves if that can be written down
		err = s.record(c, audit.Extract, "flight sql", sql, map[string]string{"tables": strings.Join(a.Tables, ","), "data": p.key})
		if err != nil {
			a.close()
		}
	}
	if err != nil {
		s.refused(ctx, c, sql, err)
		err = s.broken(ctx, err)
		done()
		return nil, nil, err
	}
	r, err := readArrow(a)
	if err != nil {
		a.close()
		err = s.broken(ctx, err)
		done()
		return nil, nil, err
	}
	chunks := make(chan flight.StreamChunk)
	s.ended.Go(func() {
		defer close(chunks)
		defer done()
		defer a.close()
		defer r.Release()
		n, err := s.pass(ctx, a, r, chunks)
		fields := map[string]string{"rows": strconv.FormatInt(n, 10), "ended": "whole"}
		if err != nil {
			fields["ended"] = string(codeText(err))
			select {
			case chunks <- flight.StreamChunk{Err: err}:
			case <-ctx.Done():
			}
		}
		if err := s.record(c, audit.Extract, "flight sql end", sql, fields); err != nil {
			s.Log.Error("audit failed", "err", err)
		}
	})
	return r.Schema(), chunks, nil
}

func codeText(err error) string { return status.Code(err).String() }

// readArrow begins to read rows; what a worker sends may be anything.
func readArrow(a *answer) (r *ipc.Reader, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the worker's answer: %v", p)
		}
	}()
	return ipc.NewReader(a.Reader)
}

// pass hands on the batches of an answer, and counts their rows.
func (s *Server) pass(ctx context.Context, a *answer, r *ipc.Reader, to chan<- flight.StreamChunk) (n int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = status.Error(codes.Unavailable, "the statement failed")
			s.Log.Error("flight sql: the worker's answer", "panic", p)
		}
	}()
	for r.Next() {
		batch := r.RecordBatch()
		batch.Retain()
		select {
		case to <- flight.StreamChunk{Data: batch}:
			n += batch.NumRows()
		case <-ctx.Done():
			batch.Release()
			return n, s.broken(ctx, ctx.Err())
		}
	}
	if r.Err() != nil {
		return n, s.broken(ctx, r.Err())
	}
	// The end of the Arrow stream is not yet the end of the answer.
	if _, err := a.Read(make([]byte, 1)); err != nil {
		if _, whole := a.Done(); whole {
			return n, nil
		}
		return n, s.broken(ctx, err)
	}
	return n, status.Error(codes.Unavailable, "the statement failed")
}

func infoOf(desc *flight.FlightDescriptor, ticket []byte, schema *arrow.Schema) *flight.FlightInfo {
	return &flight.FlightInfo{
		Endpoint: []*flight.FlightEndpoint{{Ticket: &flight.Ticket{Ticket: ticket}}}, FlightDescriptor: desc,
		Schema: flight.SerializeSchema(schema, memory.DefaultAllocator), TotalRecords: -1, TotalBytes: -1,
	}
}

// GetFlightInfoStatement describes an ad-hoc statement. Its ticket is the statement.
func (s *Server) GetFlightInfoStatement(ctx context.Context, cmd flightsql.StatementQuery, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	columns, params, err := s.describe(ctx, cmd.GetQuery())
	if err != nil {
		return nil, err
	}
	if params.NumFields() > 0 {
		return nil, status.Error(codes.InvalidArgument, "a statement with parameters must be prepared")
	}
	ticket, err := flightsql.CreateStatementQueryTicket(append(newHandle(), cmd.GetQuery()...))
	if err != nil {
		return nil, s.broken(ctx, err)
	}
	return infoOf(desc, ticket, columns), nil
}

// GetSchemaStatement returns the columns of an ad-hoc statement.
func (s *Server) GetSchemaStatement(ctx context.Context, cmd flightsql.StatementQuery, _ *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	columns, _, err := s.describe(ctx, cmd.GetQuery())
	if err != nil {
		return nil, err
	}
	return &flight.SchemaResult{Schema: flight.SerializeSchema(columns, memory.DefaultAllocator)}, nil
}

// DoGetStatement runs an ad-hoc statement.
func (s *Server) DoGetStatement(ctx context.Context, ticket flightsql.StatementQueryTicket) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	handle := string(ticket.GetStatementHandle())
	if len(handle) <= handleSize {
		return nil, nil, status.Error(codes.InvalidArgument, "the ticket is none of ours")
	}
	return s.rows(ctx, handle[:handleSize], handle[handleSize:], nil)
}

// CancelFlightInfo stops the statement of a description.
func (s *Server) CancelFlightInfo(ctx context.Context, req *flight.CancelFlightInfoRequest) (flight.CancelFlightInfoResult, error) {
	canceled := false
	for _, endpoint := range req.GetInfo().GetEndpoint() {
		ticket, err := flightsql.GetStatementQueryTicket(endpoint.GetTicket())
		if err != nil {
			return flight.CancelFlightInfoResult{}, status.Error(codes.InvalidArgument, "the ticket is none of a statement")
		}
		canceled = callOf(ctx).session.cancel(string(ticket.GetStatementHandle())) || canceled
	}
	if canceled {
		return flight.CancelFlightInfoResult{Status: flight.CancelStatusCancelled}, nil
	}
	return flight.CancelFlightInfoResult{Status: flight.CancelStatusNotCancellable}, nil
}

// cancel stops what runs under a handle.
func (ss *session) cancel(handle string) (canceled bool) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for key, cancel := range ss.running {
		if len(handle) > handleSize && strings.HasPrefix(key, handle[:handleSize]) {
			cancel()
			canceled = true
		}
	}
	return canceled
}
