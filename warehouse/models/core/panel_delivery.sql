-- Grain: one tactic: what shows that it was delivered to those whom it is for, by its
-- own records since its launch: completions, by name or of its course; payments of
-- an incentive; units that have changed.
with done as (
    select p.tactic_id, coalesce(i.person_id, p.person_id) as person_id, p.completed_date as day
    from staging.tactic_participant as p
    left join core.fct_learner_ids as i on p.source = i.source and p.person_id = i.value
    where p.completed_date is not null and coalesce(p.arm, 'treated') = 'treated'

    union all

    select t.tactic_id, e.person_id, e.completed_at::date
    from core.dim_tactics as t
    inner join core.fct_enrolments as e on t.course_id = e.course_id
    where e.person_id is not null and e.completed_at is not null
),

completed as (
    select d.tactic_id, count(distinct d.person_id) as people
    from done as d
    inner join core.dim_tactics as t on d.tactic_id = t.tactic_id
    inner join core.fct_tactic_participants as p on d.tactic_id = p.tactic_id and d.person_id = p.person_id and p.is_eligible
    where coalesce(d.day >= t.launch_date, true)
    group by d.tactic_id
),

paid as (
    select l.tactic_id, count(distinct i.person_id) as people
    from staging.payroll_line as l
    inner join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    inner join core.fct_payee_ids as i
        on l.source = i.source and coalesce(r.legal_entity, '*') = i.legal_entity and l.person_id = i.value
    inner join core.fct_tactic_participants as p on l.tactic_id = p.tactic_id and i.person_id = p.person_id and p.is_eligible
    where l.amount > 0 and r.status = 'posted'
    group by l.tactic_id
),

changed as (
    select u.tactic_id, count(*) as units
    from core.fct_tactic_units as u
    cross join core.dim_horizon as h
    where u.arm = 'treated' and u.exposed_from_date <= h.as_of_date
    group by u.tactic_id
)

select
    t.tactic_id,
    coalesce(c.people, 0) as completed_people,
    coalesce(p.people, 0) as paid_people,
    coalesce(u.units, 0)  as changed_units
from core.dim_tactics as t
left join completed as c on t.tactic_id = c.tactic_id
left join paid as p on t.tactic_id = p.tactic_id
left join changed as u on t.tactic_id = u.tactic_id
