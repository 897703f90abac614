-- Extract: units. One row per org unit that the reader may ask for, by its latest version.
-- class: none
-- topic: definitions
-- people: none
select u.unit_id, u.name, u.unit_type, u.parent_id, u.depth::integer as depth, u.is_current
from marts.units u
where exists (select 1 from scoped_units s where s.unit_id = u.unit_id)
order by u.depth, u.name, u.unit_id
