-- Grain: one person of an experiment whose dial Dials computes from employment: in
-- which arm they were drawn, what they were like on the day of the draw, and how
-- many whole months from the launch on passed until they left by choice. The
-- window is the first 12 months of the launch, or as many as the facts reach.
-- The analysis is as assigned: everyone counts in their arm, whoever took part.
with drawn as (
    select
        p.tactic_id,
        p.person_id,
        p.arm,
        min(p.assigned_at) over (partition by p.tactic_id)::date                 as drawn_date,
        p.completed_date,
        max(p.assigned_at) over (partition by p.tactic_id)                       as assigned_at
    from core.fct_tactic_participants as p
    where p.is_listed and p.arm in ('treated', 'control')
    qualify count(distinct p.arm) over (partition by p.tactic_id) = 2
),

launched as (
    select
        d.tactic_id,
        d.person_id,
        d.arm,
        d.drawn_date,
        d.assigned_at,
        d.completed_date,
        date_trunc('month', t.launch_date)::date                                                     as from_month,
        least(
            (date_trunc('month', t.launch_date) + interval 12 month)::date,
            -- the month after the last complete one
            date_trunc('month', h.as_of_date + 1)::date
        )                                                                                             as until_month
    from drawn as d
    inner join core.dim_tactics as t on d.tactic_id = t.tactic_id
    cross join core.dim_horizon as h
    where t.launch_date is not null
),

spells as (
    select person_id, spell, min(hire_date) as from_date, max(coalesce(term_date, date '9999-12-31')) as to_date
    from core.fct_employments
    where is_employee
    group by person_id, spell
),

exits as (
    select person_id, spell, term_date, is_voluntary
    from core.fct_separations
),

titles as (
    select job_title_id, max(level) as level, bool_or(is_frontline) as is_frontline
    from staging.job_title
    group by job_title_id
)

select
    l.tactic_id,
    k.tactic_link_id,
    k.metric_id,
    l.person_id,
    l.arm,
    l.assigned_at,
    l.from_month,
    l.until_month,
    date_diff('month', l.from_month, l.until_month)::integer                                          as months,
    s.person_id is not null                                                                           as is_known,
    l.completed_date is not null                                                                      as is_completed,
    -- the last day counts: who leaves with December left in December
    case
        when x.is_voluntary and x.term_date - 1 < l.until_month
            then greatest(0, date_diff('month', l.from_month, x.term_date - 1))::integer
    end                                                                                               as left_in_month,
    date_diff('day', s.from_date, l.drawn_date) / 365.25                                              as tenure_years,
    t.is_frontline,
    t.level,
    j.unit_id
from launched as l
inner join core.fct_tactic_links as k on l.tactic_id = k.tactic_id
inner join core.dim_metrics as m on k.metric_id = m.metric_id and m.computed_from = 'employment'
left join spells as s on l.person_id = s.person_id and l.drawn_date >= s.from_date and l.drawn_date < s.to_date
left join exits as x on s.person_id = x.person_id and s.spell = x.spell
left join core.fct_jobs as j
    on l.person_id = j.person_id and j.is_primary and j.is_employee and l.drawn_date >= j.valid_from and l.drawn_date < j.valid_to
left join titles as t on j.job_title_id = t.job_title_id
where l.until_month > l.from_month
qualify row_number() over (partition by k.tactic_link_id, l.person_id order by s.from_date desc nulls last, j.valid_from desc nulls last) = 1
