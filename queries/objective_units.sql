-- Page: /objectives. One row per unit in which people work and that has no objective of its own, of the unit asked for and
-- those below it, by name; at most 40.
-- topic: strategy
-- class: none
-- people: none
select unit_id, name, unit_type, count(*) over () as n
from marts.objective_units
where not has_objective and ($scope_unit = '*' or unit_id in (select unit_id from scoped_units))
order by name, unit_id
limit 40
