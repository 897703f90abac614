package flight

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"dials/dashboards/access"
)

// A link is one connection of a client, which can be cut.
type link struct {
	credentials.TLSInfo
	conn     net.Conn
	mu       sync.Mutex
	sessions map[*session]bool
}

// tracked is TLS whose connections are known to the calls that come through them.
type tracked struct {
	credentials.TransportCredentials
	tls *tls.Config
}

// ServerHandshake begins TLS.
func (t *tracked) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := credentials.NewTLS(t.tls).ServerHandshake(raw)
	if err != nil {
		return nil, nil, err
	}
	return conn, &link{TLSInfo: info.(credentials.TLSInfo), conn: conn, sessions: map[*session]bool{}}, nil
}

// Info says that this is TLS.
func (t *tracked) Info() credentials.ProtocolInfo { return credentials.NewTLS(t.tls).Info() }

// Clone returns t, which nobody changes.
func (t *tracked) Clone() credentials.TransportCredentials { return t }

// leaving notices connections that end.
type leaving struct{ s *Server }

type linkKey struct{}

// TagConn gives a connection's context a place for its link.
func (leaving) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, linkKey{}, new(*link))
}

// HandleConn lets the sessions of a connection go that has ended.
func (h leaving) HandleConn(ctx context.Context, e stats.ConnStats) {
	at, _ := ctx.Value(linkKey{}).(**link)
	if _, ended := e.(*stats.ConnEnd); !ended || at == nil {
		return
	}
	h.s.mu.Lock()
	l := *at
	h.s.mu.Unlock()
	if l != nil {
		h.s.left(l)
	}
}

// TagRPC changes nothing.
func (leaving) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC does nothing.
func (leaving) HandleRPC(context.Context, stats.RPCStats) {}

type callKey struct{}

// A call is who asks, in one call.
type call struct {
	session *session
	visitor access.Visitor
}

func callOf(ctx context.Context) call {
	c, _ := ctx.Value(callKey{}).(call)
	return c
}

// token reads the token of a call: a bearer's, or the password of a user whose name
// does not matter.
func token(ctx context.Context) (string, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	given := md.Get("authorization")
	if len(given) != 1 {
		return "", errors.New("send a token: as a bearer's, or as the password of any user")
	}
	scheme, text, _ := strings.Cut(strings.TrimSpace(given[0]), " ")
	text = strings.TrimSpace(text)
	switch strings.ToLower(scheme) {
	case "bearer":
		return text, nil
	case "basic":
		raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
		_, password, found := strings.Cut(string(raw), ":")
		if err == nil && found {
			return password, nil
		}
	}
	return "", errors.New("the authorization is neither a bearer's nor a user's with a password")
}

// admit finds out who asks, anew for each call.
func (s *Server) admit(ctx context.Context) (context.Context, func(), string, error) {
	text, err := token(ctx)
	if err != nil {
		return nil, nil, "", status.Error(codes.Unauthenticated, err.Error())
	}
	p, _ := peer.FromContext(ctx)
	l, ok := p.AuthInfo.(*link)
	if !ok {
		return nil, nil, "", status.Error(codes.Unauthenticated, "there is no TLS")
	}
	from, err := netip.ParseAddrPort(p.Addr.String())
	if err != nil {
		return nil, nil, "", status.Error(codes.Unauthenticated, "there is no address")
	}
	v, err := s.Access.Program(text, from.Addr().Unmap(), access.ScopeSQL)
	switch {
	case errors.Is(err, access.ErrTooOften):
		return nil, nil, "", status.Error(codes.ResourceExhausted, err.Error())
	case errors.Is(err, access.ErrNoProgram):
		return nil, nil, "", status.Error(codes.Unauthenticated, err.Error())
	case err != nil:
		s.Log.ErrorContext(ctx, "flight sql", "err", err)
		return nil, nil, "", status.Error(codes.Internal, "the token cannot be checked")
	}
	session := s.join(v, l)
	if at, ok := ctx.Value(linkKey{}).(**link); ok {
		s.mu.Lock()
		*at = l
		s.mu.Unlock()
	}
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, callKey{}, call{session, v}))
	unstop := context.AfterFunc(session.ctx, func() { cancel(errRevoked) })
	return ctx, func() { unstop(); cancel(nil) }, text, nil
}

var errRevoked = errors.New("the token has ended")

func (s *Server) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (answer any, err error) {
	ctx, done, _, err := s.admit(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	defer s.recovered(ctx, &err)
	return next(ctx, req)
}

func (s *Server) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	ctx, done, text, err := s.admit(stream.Context())
	if err != nil {
		return err
	}
	defer done()
	defer s.recovered(ctx, &err)
	if strings.HasSuffix(info.FullMethod, "/Handshake") {
		bearer := metadata.Pairs("authorization", "Bearer "+text)
		stream.SetTrailer(bearer)
		return stream.SendHeader(bearer)
	}
	return next(srv, inContext{stream, ctx})
}

// inContext is a stream with another context.
type inContext struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // as grpc has it
}

// Context returns the call's context.
func (s inContext) Context() context.Context { return s.ctx }

// recovered makes of a panic an error of its call alone.
func (s *Server) recovered(ctx context.Context, err *error) {
	if r := recover(); r != nil {
		s.Log.ErrorContext(ctx, "flight sql", "panic", r)
		*err = status.Error(codes.Internal, "the call failed")
	}
}
