-- Page: /register/history. One row per change that somebody made in Dials, the last first; what was said of a
-- unit is for who was granted it.
-- class: none
-- people: none
-- topic: portfolio
select change_id, changed_at, stream, action, entry_key::varchar as entry_key, before::varchar as before, after::varchar as after, declared_by, actor, note
from (select *, coalesce((entry_key ->> 'unit_id'), (after ->> 'unit_id'), (before ->> 'unit_id')) as of_unit from marts.register_changes)
where ($stream = '' or stream = $stream) and ($scope_unit = '*' or of_unit is null or of_unit in (select unit_id from granted_units))
order by change_id desc
limit 500
