-- Grain: one unit as it stands now; depth 0 is the top.
with recursive placed as (
    select unit_id, 0 as depth
    from core.dim_unit_versions
    where is_latest and parent_id is null

    union all

    select v.unit_id, p.depth + 1
    from placed as p
    inner join core.dim_unit_versions as v on p.unit_id = v.parent_id
    where v.is_latest
)

select
    v.unit_id,
    v.name,
    v.unit_type,
    case when p.unit_id is not null then v.parent_id end as parent_id,  -- units in a circle hang nowhere
    coalesce(p.depth, 0)                                 as depth,
    v.is_in_force                                        as is_current
from core.dim_unit_versions as v
left join placed as p on v.unit_id = p.unit_id
where v.is_latest
