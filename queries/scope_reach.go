package queries

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A scopeReach is what the scope of a reader of subtrees comes to for one unit and view,
// as rows in one text each, which every query of theirs is given.
type scopeReach struct{ granted, spans, units, nodes string }

// give adds the reach to the arguments of a query; without one nothing is in reach.
func (r *scopeReach) give(given map[string]any) {
	if r == nil {
		r = &scopeReach{}
	}
	given["scope_granted"], given["scope_spans"] = r.granted, r.spans
	given["scope_units"], given["scope_nodes"] = r.units, r.nodes
}

// rowSeparator ends a row of a reach, and grantSeparator a value.
const rowSeparator = "\x1e"

// unpacked reads rows that were packed into one parameter; a column may have a type.
func unpacked(param string, columns ...string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		name, kind, typed := strings.Cut(c, "::")
		parts[i] = fmt.Sprintf("split_part(packed, chr(31), %d) as %s", i+1, name)
		if typed {
			parts[i] = fmt.Sprintf("try_cast(split_part(packed, chr(31), %d) as %s) as %s", i+1, kind, name)
		}
	}
	return "select " + strings.Join(parts, ", ") + " from (select unnest(string_split(" + param + ", chr(30))) as packed) where packed <> ''"
}

// reachSQL works out a reach for $1 the view, $2 the unit asked for, '*' for all that was
// granted, and $3 the grants.
// A name of a unit that would break the packing is in nobody's reach.
const reachSQL = `with granted_roots as (
	select unnest(string_split($3, chr(31))) as unit_id
), granted_units as (
	select distinct a.unit_id
	from marts.access_units as a semi join granted_roots as r on a.ancestor_id = r.unit_id
), granted_spans as (
	-- overlapping grants are one
	select unit_id, min(valid_from) as valid_from, max(valid_to) as valid_to
	from (
		select unit_id, valid_from, valid_to, count(*) filter (is_apart) over (partition by unit_id order by valid_from, valid_to) as island
		from (
			select s.unit_id, s.valid_from, s.valid_to, coalesce(s.valid_from > max(s.valid_to) over (
				partition by s.unit_id order by s.valid_from, s.valid_to rows between unbounded preceding and 1 preceding), true) as is_apart
			from marts.unit_scope as s semi join granted_roots as r on s.ancestor_id = r.unit_id
			where s.view_name = $1
		)
	)
	group by unit_id, island
), scoped_units as (
	select s.unit_id, greatest(s.valid_from, g.valid_from) as valid_from, least(s.valid_to, g.valid_to) as valid_to, s.share
	from marts.unit_scope as s
	join granted_spans as g on g.unit_id = s.unit_id and g.valid_from < s.valid_to and s.valid_from < g.valid_to
	where s.view_name = $1 and s.ancestor_id = $2
		and ($1 = 'as_was' or $2 = '*' or $2 in (select unit_id from granted_units))
), scoped_nodes as (
	select unit_id as node_id, valid_from, valid_to
	from scoped_units
	where $1 = 'as_was'
	union all
	select unit_id, date '1900-01-01', date '9999-12-31'
	from marts.access_units
	where $1 = 'as_now' and ancestor_id = $2 and $2 in (select unit_id from granted_units)
	union all
	select unit_id, date '1900-01-01', date '9999-12-31'
	from granted_units
	where $1 = 'as_now' and $2 = '*'
)
select 'granted', unit_id, '', '', '' from granted_units
union all
select 'spans', unit_id, valid_from::varchar, valid_to::varchar, '' from granted_spans
union all
select 'units', unit_id, valid_from::varchar, valid_to::varchar, share::varchar from scoped_units
union all
select 'nodes', node_id, valid_from::varchar, valid_to::varchar, '' from scoped_nodes
order by all`

// reachOf returns the reach of a reader of subtrees.
func (m *Marts) reachOf(ctx context.Context, s *state, r Reader) (*scopeReach, error) {
	grants := strings.Join(r.Policy.Units, grantSeparator)
	key := string(r.view()) + "\x00" + r.unit() + "\x00" + grants
	s.mu.Lock()
	known := s.reaches[key]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	rows, err := m.db.QueryContext(ctx, reachSQL, string(r.view()), r.unit(), grants)
	if err != nil {
		return nil, fmt.Errorf("scope: %w", err)
	}
	defer rows.Close()
	packed := map[string][]string{}
	for rows.Next() {
		var kind string
		values := make([]string, 4)
		if err := rows.Scan(&kind, &values[0], &values[1], &values[2], &values[3]); err != nil {
			return nil, fmt.Errorf("scope: %w", err)
		}
		if !slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, grantSeparator+rowSeparator) }) {
			packed[kind] = append(packed[kind], strings.Join(values, grantSeparator))
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("scope: %w", err)
	}
	text := func(kind string) string { return strings.Join(packed[kind], rowSeparator) }
	found := &scopeReach{text("granted"), text("spans"), text("units"), text("nodes")}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.reaches) >= maxReaches {
		clear(s.reaches)
	}
	s.reaches[key] = found
	return found, nil
}

// maxReaches bounds what is remembered of who reaches what.
const maxReaches = 500
