-- Page: /register. One row per entry of the register as it counts now; what is
-- said of a unit is for who was granted it.
-- class: none
-- people: none
-- topic: portfolio
select stream, entry_key::varchar as entry_key, entry::varchar as entry, source, version, recorded_at
from marts.register_entries
where $scope_unit = '*' or (entry_key ->> 'unit_id') is null or (entry_key ->> 'unit_id') in (select unit_id from granted_units)
order by stream, entry_key
