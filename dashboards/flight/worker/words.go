package worker

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// mostWords bounds what DuckDB says of a statement.
const mostWords = 600

// toldErrors are the errors of DuckDB that are about the statement; the words of others are kept here.
var toldErrors = []string{"Parser Error: ", "Binder Error: ", "Catalog Error: ", "Conversion Error: ", "Out of Range Error: ", "Invalid Input Error: ", "Mismatch Type Error: "}

var pathLike = regexp.MustCompile(`(?:[A-Za-z]:)?(?:[/\\][^\s'"/\\:]+){2,}[/\\]?`)

// clean leaves of an error of DuckDB what is about the statement: one line, without
// paths of this machine.
func clean(says string) string {
	says, _, _ = strings.Cut(strings.TrimSpace(says), "\n")
	says = pathLike.ReplaceAllString(says, "…")
	if len(says) > mostWords {
		says = strings.ToValidUTF8(says[:mostWords], "") + "…"
	}
	return says
}

// failed puts an error of DuckDB into words for who asked.
func failed(ctx context.Context, says string, limits Limits) error {
	switch {
	case errors.Is(context.Cause(ctx), errEnding):
		return errEnding
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return &Failure{TooLong, "the statement did not end within " + limits.Deadline.String() + ": filter it, or take the extract"}
	case ctx.Err() != nil:
		return &Failure{Canceled, "the statement was canceled"}
	case strings.HasPrefix(says, "Out of Memory Error"), strings.Contains(says, "bad_alloc"), strings.Contains(says, "could not allocate"), strings.Contains(says, "failed to allocate"):
		return &Failure{TooLarge, "the statement needs more memory than it may have: filter it, or take the extract"}
	}
	for _, prefix := range toldErrors {
		if strings.HasPrefix(says, prefix) {
			return &Failure{Wrong, clean(says)}
		}
	}
	return &Failure{Broken, "the statement failed"}
}
