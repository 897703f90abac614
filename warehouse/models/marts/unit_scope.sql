-- Grain: one ancestor and one unit that belongs to it, in one view of the tree, while that holds.
-- Ancestor '*' is the whole company. share: how much of the unit's facts of
-- [valid_from, valid_to) the ancestor gets; below 1 only in as_now, where successors share a unit.
select view_name, ancestor_id, unit_id, valid_from, valid_to, share
from core.dim_unit_closure

union all

select v.view_name, '*', u.unit_id, date '1900-01-01', date '9999-12-31', 1.0::double
from marts.units as u
cross join (values ('as_was'), ('as_now')) as v (view_name)

union all

-- a unit that only facts name stands for itself
select v.view_name, u.unit_id, u.unit_id, date '1900-01-01', date '9999-12-31', 1.0::double
from marts.units as u
cross join (values ('as_was'), ('as_now')) as v (view_name)
left join core.dim_units as d on u.unit_id = d.unit_id
where d.unit_id is null
