package queries

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A kind is what a reader's scope makes of a query's SQL; the units and the person
// themselves are bound as parameters.
type kind struct {
	cut             bool // to granted subtrees, not the whole company
	ofUnits, ofLine bool // whose rows, in a query about persons
}

// kindOf returns the kind of reader for a query.
func (r Reader) kind(h header) kind {
	k := kind{cut: !r.Policy.Whole()}
	if h.class == Person {
		k.ofUnits, k.ofLine = r.Policy.reach(h.topic)
	}
	return k
}

// relations are what a query may read of the scope; the gate puts those that it
// uses in front of it. No other name leads to org units or people.
var relations = []string{"scoped_units", "granted_units", "scoped_people"}

// grantSeparator joins units in one parameter.
const grantSeparator = "\x1f"

// scopeSQL is the scope, each relation after those that it reads. Of a reader of subtrees
// it is worked out once, by reachSQL, and handed to each query.
//
//	granted_units   units under them by the tree of today
//	granted_spans   units under them in the view, and when; overlapping grants are one
//	scoped_units    units under the one asked for, cut to the grants: when, and by which share
//	scoped_nodes    nodes of the tree under the one asked for, cut to the grants
//	scoped_people   people whose rows the reader may see
func scopeSQL(k kind) []relation {
	if !k.cut {
		return []relation{
			{"granted_units", "select unit_id from marts.units", nil},
			{"scoped_units", `select unit_id, valid_from, valid_to, share
				from marts.unit_scope
				where view_name = $scope_view and ancestor_id = $scope_unit`, nil},
			{"scoped_people", scopedPeople(k), nil},
		}
	}
	return []relation{
		{"granted_units", unpacked("$scope_granted", "unit_id"), nil},
		{"granted_spans", unpacked("$scope_spans", "unit_id", "valid_from::date", "valid_to::date"), nil},
		{"scoped_units", unpacked("$scope_units", "unit_id", "valid_from::date", "valid_to::date", "share::double"), nil},
		{"scoped_nodes", unpacked("$scope_nodes", "node_id", "valid_from::date", "valid_to::date"), nil},
		{"scoped_people", scopedPeople(k), []string{"granted_units"}},
	}
}

type relation struct {
	name, sql string
	reads     []string
}

// scopedPeople are the people of the units in scope, by where they are or were
// last, and those of the reader's own line.
func scopedPeople(k kind) string {
	var parts []string
	if k.ofUnits {
		granted := ""
		if k.cut {
			granted = " and unit_id in (select unit_id from granted_units)"
		}
		parts = append(parts, `select person_id
			from marts.access_people
			where ($scope_unit = '`+EveryUnit+`' or unit_id in (select unit_id from marts.access_units where ancestor_id = $scope_unit))`+granted)
	}
	if k.ofLine {
		parts = append(parts, "select person_id from marts.access_line where manager_id = $scope_person")
	}
	if parts == nil {
		return "select person_id from marts.access_people where false"
	}
	return strings.Join(parts, "\n\t\t\tunion\n\t\t\t")
}

// isOurs reports whether a name belongs to the gate.
func isOurs(name string) bool {
	return slices.Contains(relations, name) || strings.HasPrefix(name, "granted_") || strings.HasPrefix(name, "scoped_") || strings.Contains(name, ".")
}

// scope puts in front of q what it reads of the scope, and in place of each mart
// that is kept by unit, node or person the part of it that the reader may see: a
// query that forgets its scope finds nothing beyond it.
func (q *query) scope(ctx context.Context, db *sql.DB, marts map[string]reach, k kind) error {
	body := strings.TrimLeft(q.body, " \t\r\n")
	needed := map[string]bool{}
	for _, name := range relations {
		needed[name] = q.parsed.tables[name]
	}
	var cuts []relation
	for _, table := range slices.Sorted(maps.Keys(q.parsed.qualified)) {
		mart := strings.TrimPrefix(table, "marts.")
		condition, reads := marts[mart].cut(k)
		if condition == "" {
			continue
		}
		columns := "t.*"
		if strings.Contains(body, "rowid") {
			columns = "t.rowid as rowid, t.*"
		}
		cuts = append(cuts, relation{`"` + table + `"`, "select " + columns + " from " + table + " as t where " + condition, nil})
		for _, r := range reads {
			needed[r] = true
		}
		body = regexp.MustCompile(`(?i)\bmarts\.`+regexp.QuoteMeta(mart)+`\b`).ReplaceAllString(body, `"`+table+`"`)
	}
	if cuts != nil {
		p, err := parse(ctx, db, body)
		if err != nil {
			return err
		}
		for _, c := range cuts {
			if name := strings.Trim(c.name, `"`); p.qualified[name] {
				return fmt.Errorf("%s must be written without quotes", name)
			}
		}
	}
	q.sql = q.header.soft.wrap(inFront(body, prelude(scopeSQL(k), needed, cuts)), q.header)
	params := maps.Clone(q.parsed.params)
	for _, found := range ours.FindAllString(q.sql, -1) {
		params[found[1:]] = true
	}
	q.params = slices.Sorted(maps.Keys(params))
	return nil
}

// ours are the gate's own parameters of the scope.
var ours = regexp.MustCompile(`\$(scope_(view|unit|person|granted|spans|units|nodes)|min_people(_pay)?)\b`)

// cut returns the condition under which a reader may see a row t of a mart, and
// what it reads; "" is always.
func (r reach) cut(k kind) (condition string, reads []string) {
	during := func(relation, column string) string {
		return "exists (select 1 from " + relation + " as n where n." + column + " = t." + map[bool]string{true: "ancestor_id", false: "unit_id"}[r.node] +
			" and t.month >= n.valid_from and t.month < n.valid_to)"
	}
	switch {
	case r.person:
		return "t.person_id in (select person_id from scoped_people)", []string{"scoped_people"}
	case !k.cut:
		return "", nil
	case r.node && r.month:
		return "t.view_name = $scope_view and " + during("scoped_nodes", "node_id"), []string{"scoped_nodes"}
	case r.node:
		return "t.view_name = $scope_view and t.ancestor_id in (select unit_id from granted_units)", []string{"granted_units"}
	case r.unit && r.month:
		return during("granted_spans", "unit_id"), []string{"granted_spans"}
	case r.unit:
		return "t.unit_id in (select unit_id from granted_units union all select unit_id from granted_spans)", []string{"granted_units", "granted_spans"}
	}
	return "", nil
}

// prelude writes what is needed, and what that reads, in order.
func prelude(all []relation, needed map[string]bool, cuts []relation) string {
	for _, r := range slices.Backward(all) {
		for _, name := range r.reads {
			needed[name] = needed[name] || needed[r.name]
		}
	}
	var parts []string
	for _, r := range all {
		if needed[r.name] {
			parts = append(parts, r.name+" as (\n\t"+r.sql+"\n)")
		}
	}
	for _, c := range cuts {
		parts = append(parts, c.name+" as not materialized (\n\t"+c.sql+"\n)")
	}
	return strings.Join(parts, ", ")
}

// inFront puts common table expressions in front of a query.
func inFront(body, ctes string) string {
	if ctes == "" {
		return body
	}
	for _, word := range []string{"recursive", ""} {
		rest, ok := cutWords(body, "with", word)
		if ok {
			return strings.TrimSpace("with "+word) + " " + ctes + ", " + rest
		}
	}
	return "with " + ctes + "\n" + body
}

// cutWords removes the leading words from s; the empty word is none.
func cutWords(s string, words ...string) (string, bool) {
	for _, w := range words {
		if w == "" {
			continue
		}
		s = strings.TrimLeft(s, " \t\r\n")
		if len(s) <= len(w) || !strings.EqualFold(s[:len(w)], w) || !strings.ContainsRune(" \t\r\n", rune(s[len(w)])) {
			return "", false
		}
		s = s[len(w):]
	}
	return s, true
}

// mayAsk reports whether unit is, or ever was, under a unit that was granted.
func (m *Marts) mayAsk(ctx context.Context, s *state, p Policy, unit string) (bool, error) {
	if p.Whole() || unit == "" && len(p.Units) == 0 || slices.Contains(p.Units, unit) {
		return true, nil
	}
	grants := strings.Join(p.Units, grantSeparator)
	key := grants + "\x00" + unit
	s.mu.Lock()
	may, known := s.asked[key]
	s.mu.Unlock()
	if known {
		return may, nil
	}
	err := m.db.QueryRowContext(ctx, `select count(*) > 0
		from (
			select ancestor_id from marts.access_units where unit_id = $1
			union all
			select ancestor_id from marts.unit_scope where unit_id = $1 and view_name = 'as_was'
		)
		where ancestor_id <> '*' and ancestor_id in (select unnest(string_split($2, chr(31))))`, unit, grants).Scan(&may)
	if err != nil {
		return false, fmt.Errorf("scope: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) < maxAsked {
		s.asked[key] = may
	}
	return may, nil
}

// maxAsked bounds what is remembered of who may ask for which unit.
const maxAsked = 100_000

// ErrNoReason is returned for rows about persons that were asked for without a reason, or with less than a word.
var ErrNoReason = errors.New("rows about single people need a reason, which is logged")

// IsReason tells whether somebody said why they look: a word at least.
func IsReason(said string) bool { return utf8.RuneCountInString(strings.TrimSpace(said)) >= 5 }

// admit returns the query in <name>.sql as reader may run it.
// The reader is returned with the reach that the query needs.
func (m *Marts) admit(ctx context.Context, s *state, reader Reader, name string) (*query, Reader, error) {
	q, err := m.admitted(ctx, s, reader, name)
	if err != nil {
		return nil, reader, err
	}
	if !reader.Policy.Whole() {
		reader.reach, err = m.reachOf(ctx, s, reader)
	}
	return q, reader, err
}

func (m *Marts) admitted(ctx context.Context, s *state, reader Reader, name string) (*query, error) {
	if err := reader.validate(); err != nil {
		return nil, err
	}
	any, err := m.prepare(ctx, s, name, kind{})
	if err != nil {
		return nil, err
	}
	h := any.header
	if err := reader.may(h); err != nil {
		return nil, err
	}
	if h.class == Person && !IsReason(reader.Reason) {
		return nil, ErrNoReason
	}
	may, err := m.mayAsk(ctx, s, reader.Policy, reader.unit())
	if err != nil {
		return nil, err
	}
	if !may && !reader.all {
		return nil, &Denial{Topic: h.topic, Class: h.class, Outside: true, Roles: RolesOf(h.topic, h.class), Why: "a unit outside of what was granted"}
	}
	k := reader.kind(h)
	if k == (kind{}) {
		return any, nil
	}
	return m.prepare(ctx, s, name, k)
}
