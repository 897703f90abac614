-- Page: /register. One row per entry of the register as it counts now.
-- class: none
-- people: none
-- topic: portfolio
select stream, entry_key::varchar as entry_key, entry::varchar as entry, source, version, recorded_at
from marts.register_entries
order by stream, entry_key
