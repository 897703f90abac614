-- Grain: one person and competency that was required at the beginning or the end of a stretch of
-- core.fct_gap_launches, and a unit: what became of the gap and why. Every pair goes into
-- one step, the first that fits, so that open + all steps = close, exactly: amounts are
-- decimals. Who moved to another title or unit leaves with the gap of before ('moved_out') and
-- arrives with the gap of after ('moved_in').
with ends as (
    select
        l.goal_id,
        l.close_date,
        s.day = l.close_date  as is_close,
        s.person_id,
        s.unit_id,
        s.job_title_id,
        s.competency_id,
        s.required_share,
        s.weight,
        s.stated_share,
        coalesce(s.weight * greatest(0, s.required_share - s.stated_share), 0)::decimal(18, 6) as gap,
        coalesce(s.stated_share < s.required_share - 1e-9, false)                              as is_open
    from core.fct_gap_launches as l
    inner join core.fct_gap_states as s on s.day in (l.open_date, l.close_date)
    where l.open_date < l.close_date
),

present as (
    select l.goal_id, p.day = l.close_date as is_close, p.person_id, p.unit_id, p.job_title_id
    from core.fct_gap_launches as l
    inner join core.fct_gap_people as p on p.day in (l.open_date, l.close_date)
    where l.open_date < l.close_date
),

pairs as (
    select distinct goal_id, close_date, person_id, competency_id
    from ends
),

both_ends as (
    select
        p.goal_id,
        p.close_date,
        p.person_id,
        p.competency_id,
        po.unit_id                        as open_unit_id,
        pc.unit_id                        as close_unit_id,
        o.gap                             as open_gap,
        c.gap                             as close_gap,
        coalesce(o.is_open, false)        as was_open,
        coalesce(c.is_open, false)        as is_open,
        case
            when po.person_id is null then 'joiners'
            when pc.person_id is null then 'leavers'
            when po.unit_id <> pc.unit_id or po.job_title_id <> pc.job_title_id then 'moved'
            when o.person_id is null then 'new'
            when c.person_id is null then 'withdrawn'
            when o.required_share <> c.required_share or o.weight <> c.weight then 'changed'
            when o.stated_share is null and c.stated_share is not null then 'assessed'
            when o.stated_share is not null and c.stated_share is null then 'expired'
            when c.gap < o.gap then 'improved'
            when c.gap > o.gap then 'decayed'
            else 'same'
        end                               as step
    from pairs as p
    left join ends as o on not o.is_close and p.goal_id = o.goal_id and p.person_id = o.person_id and p.competency_id = o.competency_id
    left join ends as c on c.is_close and p.goal_id = c.goal_id and p.person_id = c.person_id and p.competency_id = c.competency_id
    left join present as po on not po.is_close and p.goal_id = po.goal_id and p.person_id = po.person_id
    left join present as pc on pc.is_close and p.goal_id = pc.goal_id and p.person_id = pc.person_id
),

parts as (
    select
        goal_id, close_date, person_id, competency_id, case step when 'moved' then 'moved_out' else step end as step, open_unit_id as unit_id,
        -coalesce(open_gap, 0) as amount, coalesce(open_gap, 0) as open_gap, 0::decimal(18, 6) as close_gap,
        -was_open::integer as pairs, was_open::integer as open_pairs, 0 as close_pairs
    from both_ends
    where open_unit_id is not null

    union all

    select
        goal_id, close_date, person_id, competency_id, case step when 'moved' then 'moved_in' else step end, close_unit_id,
        coalesce(close_gap, 0), 0, coalesce(close_gap, 0),
        is_open::integer, 0, is_open::integer
    from both_ends
    where close_unit_id is not null
)

select
    goal_id,
    date_trunc('month', close_date)::date as month,
    person_id,
    competency_id,
    unit_id,
    step,
    sum(amount)       as amount,
    sum(open_gap)     as open_gap,
    sum(close_gap)    as close_gap,
    sum(pairs)        as pairs,
    sum(open_pairs)   as open_pairs,
    sum(close_pairs)  as close_pairs
from parts
group by goal_id, close_date, person_id, competency_id, unit_id, step
