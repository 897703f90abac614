-- Extract: units. One row per org unit that the reader may ask for, by its latest version.
-- class: none
-- topic: definitions
-- scope: grants
-- people: none
select u.unit_id, u.name, u.unit_type, u.parent_id, u.depth::integer as depth, u.is_current
from marts.units u
order by u.depth, u.name, u.unit_id
