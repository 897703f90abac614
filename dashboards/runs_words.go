package dashboards

import (
	"regexp"
	"strings"

	"dials/queries"
)

// adviceFor puts what a person can do in front of an error of a source, where it is
// known. The error itself follows.
func adviceFor(text string) string {
	if say := advice(text); say != "" {
		return say + " (" + text + ")"
	}
	return text
}

// failure is an error of a source for the page's reader: hosts and accounts are for
// those alone who may start runs.
func (r *request) failure(text string) string {
	if !r.reader.Policy.Can(queries.ActionSync) {
		text = inside.ReplaceAllString(text, "…")
	}
	return adviceFor(withoutValues(text))
}

// inside is what says where a source is and who Dials is there.
var inside = regexp.MustCompile("`[^`]*`|\\b(https?|postgres|mysql)://\\S+|\\b\\d{1,3}(\\.\\d{1,3}){3}(:\\d+)?\\b")

// advice is what a person can do about an error, or "".
func advice(text string) string {
	for _, known := range []struct{ in, say string }{
		{"--confirm-deletes", "Many records are gone from this source. Look there whether that is right; if it is, have the operator confirm it."},
		{"at least", "The source delivered too few records: it may be down, or a right was taken away. Ask who runs it."},
		{"records are bad", "The source changed how it writes its data, or a column is mapped wrongly. Look at the rejected rows."},
		{"accessexception", "The token is not accepted: it expired, its address is not allowed, its service is off, or the function is not part of it."},
		{"refuses user", "The name or the password is wrong, or was changed. Have the operator set the password's environment variable."},
		{"environment has no", "A secret is missing where Dials runs. Have the operator set the environment variable that the error names."},
		{"unauthorized", "The token is not accepted: it may have expired. Make a new one and have the operator set it."},
		{"status 401", "The token is not accepted: it may have expired. Make a new one and have the operator set it."},
		{"may not read", "The account that Dials uses lacks a right. Have it granted."},
		{"status 403", "The account that Dials uses lacks a right. Have it granted."},
		{"cannot be reached", "The source does not answer. Check that it runs and that Dials may reach it; the next run tries again."},
		{"connection refused", "The source does not answer. Check that it runs and that Dials may reach it; the next run tries again."},
		{"no such host", "The source's address is not known. Check it in the configuration."},
		{"certificate", "The source's certificate is not trusted. Name its authority in ca_file."},
		{"deadline", "The source took too long. The next run tries again; if that happens again, let it run at a quieter hour."},
		{"was stopped", "The source took too long. Narrow the query, or raise statement_timeout."},
		{"rate limit", "The source lets Dials ask only so often. The next run goes on."},
		{"header", "The columns of the delivery changed. Compare its header with the map in the configuration."},
		{"is running already", "This source is being loaded now. Wait until that is over."},
	} {
		if strings.Contains(strings.ToLower(text), known.in) {
			return known.say
		}
	}
	return ""
}
