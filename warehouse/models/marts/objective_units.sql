-- Grain: one unit in which employees work on the last day of the data, and whether it has an
-- objective of its own that is current.
select o.unit_id, coalesce(u.name, o.unit_id) as name, u.unit_type, o.has_objective
from core.fct_unit_objectives as o
left join core.dim_units as u on o.unit_id = u.unit_id
