package access

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// An Identity is who somebody is: the issuer that vouches for them and what it
// calls them for ever. An e-mail address is neither.
type Identity struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

// Issuers of our own.
const (
	LocalIssuer = "local" // accounts of "dials user add"
	TokenIssuer = "token" // tokens of "dials token create"
)

// A Visitor is who asks, and what they may see now. The zero Visitor may see
// nothing.
type Visitor struct {
	ID      Identity
	Name    string // shown to the reader
	Policy  queries.Policy
	CSRF    string // what their changes must carry; "" where nobody signs in
	Address string // of the client, behind trusted proxies
	Token   bool   // a program with a token

	Scopes  []string // of a token
	Purpose string   // of a token: why it reads
	Reason  string   // why there is no role
	Roles   []Choice // the sets of roles to choose from, if there are several
	Session string   // differs between sessions, and gives nothing away
	Public  bool     // asks for what needs no sign-in
}

// A Choice is one set of roles and units that a reader may act in. Roles over
// different units are never added up: who is hr of one unit and executive of
// another is not hr of both.
type Choice struct {
	Key      string // "hr@SALES"
	Roles    []queries.Role
	Units    []string
	IsActive bool
}

// SignedIn reports whether somebody is known behind the request.
func (v Visitor) SignedIn() bool { return v.ID.Subject != "" }

// May reports whether the visitor may ask under a token's scope; people in a
// browser have none and need none.
func (v Visitor) May(scope string) bool {
	if !v.Token {
		return true
	}
	for _, s := range v.Scopes {
		if s == scope {
			return true
		}
	}
	return false
}

// visitorKey is where a request keeps its visitor.
const visitorKey = "dials.visitor"

// Of returns who asks. Without the middleware of this package it is nobody, who
// may see nothing.
func Of(c *fiber.Ctx) Visitor {
	v, _ := c.Locals(visitorKey).(Visitor)
	return v
}

// Reached reports whether it is known who asks.
func Reached(c *fiber.Ctx) bool { return c.Locals(visitorKey) != nil }

// contextKey is where the context of a request keeps its visitor.
type contextKey struct{}

// From returns who asks, for those who are given the context of a request alone.
func From(ctx context.Context) Visitor {
	v, _ := ctx.Value(contextKey{}).(Visitor)
	return v
}

func put(c *fiber.Ctx, v Visitor) {
	c.Locals(visitorKey, v)
	c.SetUserContext(context.WithValue(c.UserContext(), contextKey{}, v))
}
