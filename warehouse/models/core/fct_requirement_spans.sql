-- Grain: one requirement of a competency, title and unit ('' is everywhere) while it held, by the
-- first of its sources. share is the level as a share of the competency's scale, NULL without
-- a scale; weight is 1 where the source gives none. What came without dates with the first
-- delivery was true before.
with first_seen as (
    select source, min(valid_from) as first_date
    from staging.requirement
    where valid_basis = 'observed'
    group by source
),

trusted as (
    select
        r.competency_id,
        r.job_title_id,
        coalesce(r.unit_id, '')                     as unit_id,
        r.level,
        coalesce(r.weight, 1)                       as weight,
        r.goal_id,
        case when r.valid_basis = 'observed' and r.valid_from <= f.first_date then date '1900-01-01' else coalesce(r.valid_from, date '1900-01-01') end as valid_from,
        coalesce(r.valid_to, date '9999-12-31')     as valid_to,
        coalesce(r.valid_basis, 'stated')           as valid_basis,
        r.source
    from staging.requirement as r
    left join core.dim_sources as s on r.source = s.source
    left join first_seen as f on r.source = f.source
    qualify dense_rank() over (
        partition by r.competency_id, r.job_title_id, coalesce(r.unit_id, '') order by coalesce(s.position, 1000000), r.source
    ) = 1
),

spans as (
    select
        competency_id,
        job_title_id,
        unit_id,
        level,
        weight,
        goal_id,
        source,
        valid_basis,
        valid_from,
        least(valid_to, coalesce(lead(valid_from) over (partition by competency_id, job_title_id, unit_id order by valid_from), date '9999-12-31')) as valid_to,
        lag(level) over versions     as earlier_level,
        lag(weight) over versions    as earlier_weight,
        lag(valid_to) over versions  as earlier_to
    from trusted
    window versions as (partition by competency_id, job_title_id, unit_id order by valid_from)
)

select
    r.competency_id,
    r.job_title_id,
    r.unit_id,
    r.level,
    case when k.has_scale then (r.level - k.low_value) / (k.high_value - k.low_value) end as share,
    r.weight,
    r.goal_id,
    r.source,
    r.valid_basis,
    r.valid_from,
    r.valid_to,
    r.earlier_level,
    r.earlier_weight,
    r.earlier_to
from spans as r
left join core.dim_skills as k on r.competency_id = k.competency_id
where r.valid_from < r.valid_to
