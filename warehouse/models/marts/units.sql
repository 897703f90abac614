-- Grain: one unit by its latest version; units that only facts name are there too, at the top.
with seen as (
    select unit_id from core.fct_metric_observations
    union
    select unit_id from core.fct_metric_targets
    union
    select unit_id from core.fct_headcount_monthly
)

select unit_id, name, unit_type, parent_id, depth, is_current
from core.dim_units

union all

select
    s.unit_id,
    case when s.unit_id = '(no unit)' then 'No unit' else s.unit_id end,
    null,
    null,
    0,
    true
from seen as s
left join core.dim_units as u on s.unit_id = u.unit_id
where u.unit_id is null
