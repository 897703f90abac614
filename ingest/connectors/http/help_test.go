package http_test

import (
	"fmt"
	"strings"
)

// source writes the configuration of a source with one stream.
func source(base, stream string) string {
	return fmt.Sprintf(`
[[source]]
name = "hr"
kind = "http"
[source.options]
base_url = %q
auth = "basic"
user_env = "HR_USER"
token_env = "HR_TOKEN"
backoff = "1ms"
retries = 2
%s`, base, stream)
}

// absences is a stream of absences.
func absences(options string) string {
	return `
[[source.stream]]
name = "absences"
target = "absence"
delivery = "snapshot"
[source.stream.options]
path = "/v1/absences"
records = "data"
` + options + `
[source.stream.map]
absence_id = "id"
person_id = "employee.id"
absence_type = "type"
from_date = "from"
absent_hours = "hours"
`
}

// absence writes records as the fake service has them.
func absence(ids ...int) string {
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprintf(`{"id":%d,"employee":{"id":"e%d"},"type":"sick","from":"2026-01-%02d","hours":7.50,"updatedAt":"2026-11-%02dT10:00:00Z"}`, id, id%7, id%28+1, id%20+1))
	}
	return strings.Join(out, ",")
}

// span is the numbers from a to b.
func span(a, b int) []int {
	var out []int
	for i := a; i <= b; i++ {
		out = append(out, i)
	}
	return out
}
