-- Grain: one person employed on the last day who reports to a manager, and whether they were active
-- in learning in the 90 days to it: began, completed or recorded something.
with today as (
    select reference_date, month
    from core.dim_learning_windows
    where window_id = 'now'
),

signs as (
    select person_id, started_date as day
    from core.fct_learning

    union all

    select person_id, completed_date
    from core.fct_learning

    union all

    select i.person_id, e.occurred_at::date
    from staging.learning_event as e
    inner join core.fct_learner_ids as i on e.source = i.source and e.person_id = i.value
),

active as (
    select distinct s.person_id
    from signs as s
    cross join today as t
    where s.person_id is not null and s.day > t.reference_date - 90 and s.day <= t.reference_date
),

-- two managers make it unsure whose team it is
lines as (
    select person_id, min(manager_id) as manager_id
    from core.fct_reporting_lines
    group by person_id
    having count(*) = 1
)

select
    t.month,
    l.manager_id,
    p.learner_id            as person_id,
    a.person_id is not null as is_active_in_learning
from core.fct_learner_places as p
inner join today as t on p.month = t.month
inner join lines as l on p.learner_id = l.person_id
left join active as a on p.learner_id = a.person_id
where p.is_active
