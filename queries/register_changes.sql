-- Page: /register/history. One row per change that somebody made in Dials, the last first.
-- class: none
-- people: none
-- topic: portfolio
select change_id, changed_at, stream, action, entry_key::varchar as entry_key, before::varchar as before, after::varchar as after, declared_by, actor, note
from marts.register_changes
where $stream = '' or stream = $stream
order by change_id desc
limit 500
