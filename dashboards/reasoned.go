package dashboards

import (
	"context"
	"errors"
	"strings"

	"dials/queries"
)

// A reasonedView is the data of templates/reasoned.html: rows about single people, for who
// says what for.
type reasonedView struct {
	Path, Reason, Problem string
	Asked                 bool // for a reason
	Heading, Note         string
	Table                 dataTable
	Foot                  []footItem
}

// readReasoned reads rows about people of the workforce, once a reason is given: until
// then ok is false, and v asks for it.
func readReasoned[T any](ctx context.Context, r *request, v *reasonedView, query string) (rows []T, ok bool, err error) {
	if !r.reader.Policy.May(queries.TopicWorkforce, queries.Person) {
		return nil, false, r.withheld(queries.Deny(queries.TopicWorkforce, queries.Person))
	}
	v.Asked, v.Reason = true, strings.TrimSpace(r.query["reason"])
	if !queries.IsReason(v.Reason) {
		if _, given := r.query["reason"]; given {
			v.Problem = "Say in a few words what you need it for: it is logged."
		}
		return nil, false, nil
	}
	r.reader.Reason = v.Reason
	rows, err = read[T](ctx, r, query)
	if errors.Is(err, queries.ErrNoReason) {
		return nil, false, nil
	}
	return rows, err == nil, err
}
