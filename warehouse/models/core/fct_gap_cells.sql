-- Grain: one rule, reference month, unit, title ('' is all) and competency ('' is all): what adds up of
-- the people directly in the unit. Pairs are people × required competencies; the gap of
-- a pair is its weight × what is missing to the level required, as a share of the scale.
with ruled as (
    select 'stated' as rule, day, person_id, unit_id, job_title_id, competency_id, required_share, weight, stated_share as share
    from core.fct_gap_states

    union all

    select r.rule, s.day, s.person_id, s.unit_id, s.job_title_id, s.competency_id, s.required_share, s.weight,
        case r.rule when 'manager' then s.manager_share when 'peers' then s.peers_share else s.self_share end
    from core.fct_gap_states as s
    inner join core.fct_gap_dates as d on s.day = d.day
    cross join (values ('manager'), ('peers'), ('self')) as r (rule)
    where d.is_latest
),

pairs as (
    select
        r.rule,
        d.month,
        d.is_detailed,
        r.unit_id,
        r.job_title_id,
        r.competency_id,
        r.person_id,
        r.weight,
        r.required_share,
        r.share,
        case when r.share is not null then r.weight * greatest(0, r.required_share - r.share) end  as gap,
        case when r.share is not null then r.weight * greatest(0, r.share - r.required_share) end  as surplus,
        r.share >= r.required_share - 1e-9                                                         as is_proficient
    from ruled as r
    inner join core.fct_gap_dates as d on r.day = d.day
    where d.is_reference
),

people as (
    select
        rule,
        month,
        is_detailed,
        unit_id,
        case when grouping(job_title_id) = 0 then job_title_id else '' end   as job_title_id,
        case when grouping(competency_id) = 0 then competency_id else '' end as competency_id,
        person_id,
        count(*)                                              as pairs,
        count(share)                                          as assessed_pairs,
        count(*) filter (is_proficient)                       as proficient_pairs,
        coalesce(sum(gap), 0)                                 as gap,
        coalesce(sum(surplus), 0)                             as surplus,
        coalesce(sum(weight * required_share) filter (share is not null), 0) as required,
        coalesce(sum(share), 0)                               as shares,
        sum(required_share)                                   as required_shares
    from pairs
    group by grouping sets (
        (rule, month, is_detailed, unit_id, person_id, job_title_id, competency_id),
        (rule, month, is_detailed, unit_id, person_id, job_title_id),
        (rule, month, is_detailed, unit_id, person_id, competency_id),
        (rule, month, is_detailed, unit_id, person_id)
    )
)

select
    rule,
    month,
    unit_id,
    job_title_id,
    competency_id,
    count(*)                                      as people,
    count(*) filter (assessed_pairs > 0)          as assessed_people,
    sum(pairs)::bigint                            as pairs,
    sum(assessed_pairs)::bigint                   as assessed_pairs,
    sum(proficient_pairs)::bigint                 as proficient_pairs,
    sum(gap)                                      as gap,
    max(gap)                                      as largest_gap,
    sum(surplus)                                  as surplus,
    sum(required)                                 as required,
    sum(shares)                                   as shares,
    sum(required_shares)                          as required_shares
from people
where is_detailed or job_title_id = ''
group by rule, month, unit_id, job_title_id, competency_id
