-- Grain: one impediment of one objective of a unit, raised by the last day of the data. An
-- answer or an end that lies later is not known yet. days: to the answer, or so far.
with trusted as (
    select i.impediment_id, i.goal_id, i.raised_date, coalesce(i.is_help_requested, false) as is_help_requested, i.answered_date, i.closed_date
    from staging.impediment as i
    left join core.dim_sources as s on i.source = s.source
    qualify row_number() over (partition by i.impediment_id order by coalesce(s.position, 1000000), i.source) = 1
),

timed as (
    select
        t.impediment_id,
        t.goal_id,
        t.raised_date,
        t.is_help_requested,
        case when t.answered_date <= h.as_of_date then t.answered_date end as answered_date,
        case when t.closed_date <= h.as_of_date then t.closed_date end     as closed_date,
        h.as_of_date
    from trusted as t
    cross join core.dim_horizon as h
    where t.raised_date <= h.as_of_date
)

select
    t.impediment_id,
    t.goal_id,
    g.name                                                        as goal_name,
    g.level,
    g.unit_id,
    t.raised_date,
    t.is_help_requested,
    t.answered_date,
    t.closed_date,
    t.closed_date is null                                         as is_open,
    coalesce(t.closed_date, t.as_of_date) - t.raised_date         as age_days,
    t.closed_date is null and t.as_of_date - t.raised_date > 14   as is_old,
    -- what was closed without an answer had none until then
    greatest(coalesce(t.answered_date, t.closed_date, t.as_of_date) - t.raised_date, 0) as days_to_answer,
    t.answered_date is not null                                   as is_answered
from timed as t
inner join core.fct_goals as g on t.goal_id = g.goal_id
where not g.is_personal
