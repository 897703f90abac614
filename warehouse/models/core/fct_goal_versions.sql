-- Grain: one objective as it stood, valid_from <= day < valid_to, by the source that is
-- trusted most for it. The first version also holds before its start.
with trusted as (
    select
        g.goal_id,
        g.name,
        g.parent_id,
        g.level,
        g.owner_id,
        g.unit_id,
        g.period,
        g.start_date,
        g.due_date,
        g.baseline,
        g.target,
        g.weight,
        g.metric_id,
        g.status,
        g.cadence_days,
        g.curve,
        coalesce(g.valid_from, date '1900-01-01') as valid_from,
        g.valid_to
    from staging.goal as g
    left join core.dim_sources as s on g.source = s.source
    qualify dense_rank() over (partition by g.goal_id order by coalesce(s.position, 1000000), g.source) = 1
)

select
    goal_id,
    name,
    parent_id,
    level,
    owner_id,
    unit_id,
    period,
    start_date,
    due_date,
    baseline,
    target,
    weight,
    metric_id,
    status,
    cadence_days,
    curve,
    case when row_number() over versions = 1 then date '1900-01-01' else valid_from end as valid_from,
    coalesce(lead(valid_from) over versions, date '9999-12-31')                          as valid_to,
    valid_from                                                                            as stated_from,
    valid_to                                                                              as stated_to
from trusted
window versions as (partition by goal_id order by valid_from)
