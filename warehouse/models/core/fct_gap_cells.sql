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

-- a person has one unit and one title on a day, so that people add up over both
people as (
    select
        rule,
        month,
        is_detailed,
        unit_id,
        job_title_id,
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
    group by rule, month, is_detailed, unit_id, job_title_id, person_id
),

cells as (
    select
        rule,
        month,
        is_detailed,
        unit_id,
        job_title_id,
        competency_id,
        count(*)                                              as people,
        count(share)                                          as assessed_people,
        count(*)                                              as pairs,
        count(share)                                          as assessed_pairs,
        count(*) filter (is_proficient)                       as proficient_pairs,
        coalesce(sum(gap), 0)                                 as gap,
        coalesce(max(gap), 0)                                 as largest_gap,
        coalesce(sum(surplus), 0)                             as surplus,
        coalesce(sum(weight * required_share) filter (share is not null), 0) as required,
        coalesce(sum(share), 0)                               as shares,
        sum(required_share)                                   as required_shares
    from pairs
    group by rule, month, is_detailed, unit_id, job_title_id, competency_id

    union all

    select
        rule,
        month,
        is_detailed,
        unit_id,
        job_title_id,
        '',
        count(*),
        count(*) filter (assessed_pairs > 0),
        sum(pairs),
        sum(assessed_pairs),
        sum(proficient_pairs),
        sum(gap),
        max(gap),
        sum(surplus),
        sum(required),
        sum(shares),
        sum(required_shares)
    from people
    group by rule, month, is_detailed, unit_id, job_title_id
)

select
    rule,
    month,
    unit_id,
    case when grouping(job_title_id) = 0 then job_title_id else '' end as job_title_id,
    competency_id,
    sum(people)::bigint                           as people,
    sum(assessed_people)::bigint                  as assessed_people,
    sum(pairs)::bigint                            as pairs,
    sum(assessed_pairs)::bigint                   as assessed_pairs,
    sum(proficient_pairs)::bigint                 as proficient_pairs,
    sum(gap)                                      as gap,
    max(largest_gap)                              as largest_gap,
    sum(surplus)                                  as surplus,
    sum(required)                                 as required,
    sum(shares)                                   as shares,
    sum(required_shares)                          as required_shares
from cells
group by grouping sets ((rule, month, is_detailed, unit_id, competency_id, job_title_id), (rule, month, is_detailed, unit_id, competency_id))
having is_detailed or grouping(job_title_id) = 1
