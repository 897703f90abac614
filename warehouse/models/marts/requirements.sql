-- Grain: one requirement of a competency, title and unit (holds_for; '' is everywhere) that was in
-- force in the last three years or will be. is_current: it is in force at the horizon.
with horizon as (
    select coalesce((select as_of_date from core.dim_horizon), (select max(valid_from) from core.fct_requirement_spans)) as day
),

titles as (
    select job_title_id, name, family, is_critical
    from core.dim_job_titles
    cross join horizon
    qualify row_number() over (
        partition by job_title_id order by coalesce(valid_from, date '1900-01-01') > day, coalesce(valid_from, date '1900-01-01') desc, source
    ) = 1
)

select
    r.job_title_id,
    coalesce(t.name, r.job_title_id)                            as job_title_name,
    t.family,
    coalesce(t.is_critical, false)                              as is_critical,
    r.competency_id,
    coalesce(k.name, r.competency_id)                           as competency_name,
    k.framework_id,
    k.framework_name,
    r.unit_id                                                   as holds_for,
    r.level,
    r.share                                                     as required_share,
    r.weight,
    k.scale_id,
    k.scale_name,
    k.low_value,
    k.high_value,
    p.label,
    p.anchor,
    r.goal_id,
    g.name                                                      as goal_name,
    case when r.valid_from > date '1900-01-01' then r.valid_from end as valid_from,
    case when r.valid_to < date '9999-12-31' then r.valid_to end     as valid_to,
    r.source,
    coalesce(r.valid_from <= h.day and h.day < r.valid_to, true) as is_current
from core.fct_requirement_spans as r
cross join horizon as h
left join core.dim_skills as k on r.competency_id = k.competency_id
left join titles as t on r.job_title_id = t.job_title_id
left join core.dim_goals as g on r.goal_id = g.goal_id
left join core.dim_scale_points as p on k.scale_id = p.scale_id and p.value = floor(r.level + 1e-9)
where coalesce(r.valid_to > h.day - interval 3 year, true)
order by r.job_title_id, r.competency_id, r.unit_id, r.valid_from
