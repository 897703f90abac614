-- Page: every page's filter form. One row per org unit that the reader may ask for.
-- topic: frame
-- class: none
-- people: none
select unit_id, name, unit_type, parent_id, depth
from marts.units semi join granted_units using (unit_id)
order by depth, name, unit_id
