-- Grain: one objective by its latest version in force.
with known as (
    select max(recorded_at)::date as known_date
    from staging.goal
)

select
    g.goal_id,
    g.name,
    g.parent_id,
    g.level,
    g.owner_id,
    g.unit_id,
    g.start_date,
    g.due_date,
    g.baseline,
    g.target,
    g.direction,
    g.weight,
    g.metric_id,
    g.status,
    g.source
from staging.goal as g
cross join known as k
left join core.dim_sources as s on g.source = s.source
-- what starts later than we know of is not yet in force
qualify row_number() over (
    partition by g.goal_id
    order by
        coalesce(s.position, 1000000),
        g.source,
        g.valid_from > k.known_date,
        case when g.valid_from <= k.known_date then g.valid_from end desc,
        g.valid_from
) = 1
