-- Grain: one person of one tactic: eligible for it, or part of it, or both.
-- Eligible are, by what the register knows, the first that is there: employees who
-- worked in a treated unit on the day it was exposed; people listed as treated;
-- people enrolled in the tactic's course; all employees, where a wave takes all.
-- Completed: stated, else the first completion of the course, else the first pay line.
with listed as (
    select
        p.tactic_id,
        coalesce(i.person_id, p.person_id)                                                                as person_id,
        coalesce(p.arm, 'treated')                                                                        as arm,
        p.wave,
        case when s.is_trusted_log and p.assigned_at is not null then p.assigned_at else p.recorded_at end as assigned_at,
        coalesce(s.is_trusted_log and p.assigned_at is not null, false)                                   as is_assigned_at_trusted,
        p.offered_date,
        p.completed_date,
        p.hours
    from staging.tactic_participant as p
    left join core.fct_learner_ids as i on p.source = i.source and p.person_id = i.value
    left join core.dim_sources as s on p.source = s.source
    qualify row_number() over (
        partition by p.tactic_id, coalesce(i.person_id, p.person_id) order by coalesce(s.position, 1000000), p.source
    ) = 1
),

enrolled as (
    select
        t.tactic_id,
        e.person_id,
        min(e.assigned_date)                 as offered_date,
        min(e.completed_at::date)            as completed_date,
        sum(e.hours)                         as hours,
        bool_or(e.withdrawn_date is null and not e.is_exempt) as is_eligible
    from core.dim_tactics as t
    inner join core.fct_enrolments as e on t.course_id = e.course_id
    where
        e.person_id is not null
        and coalesce(coalesce(e.completed_at::date, e.assigned_date) >= t.launch_date, true)
    group by t.tactic_id, e.person_id
),

-- an incentive has reached those whom it paid
paid as (
    select l.tactic_id, i.person_id, min(coalesce(r.pay_date, r.period_end_date)) as completed_date
    from staging.payroll_line as l
    inner join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    inner join core.fct_payee_ids as i
        on l.source = i.source and coalesce(r.legal_entity, '*') = i.legal_entity and l.person_id = i.value
    where l.tactic_id is not null and l.amount > 0 and r.status = 'posted' and i.person_id is not null
    group by l.tactic_id, i.person_id
),

exposed as (
    select distinct u.tactic_id, c.unit_id, u.exposed_from_date as day
    from core.fct_tactic_units as u
    inner join core.dim_unit_closure as c
        on c.view_name = 'as_was' and u.unit_id = c.ancestor_id and u.exposed_from_date >= c.valid_from and u.exposed_from_date < c.valid_to
    where u.arm = 'treated'
),

unit_people as (
    select distinct x.tactic_id, j.person_id
    from exposed as x
    inner join core.fct_jobs as j on x.unit_id = j.unit_id and x.day >= j.valid_from and x.day < j.valid_to
    where j.is_primary and j.is_employee
),

everybody as (
    select distinct w.tactic_id, j.person_id
    from (
        select tactic_id, min(start_date) as day
        from core.panel_waves
        where assigned_by = 'all'
        group by tactic_id
    ) as w
    inner join core.fct_jobs as j on w.day >= j.valid_from and w.day < j.valid_to
    where
        j.is_primary
        and j.is_employee
        and w.tactic_id not in (select tactic_id from unit_people)
        and w.tactic_id not in (select tactic_id from listed)
        and w.tactic_id not in (select tactic_id from enrolled)
),

eligible as (
    select tactic_id, person_id, 'unit' as eligible_basis
    from unit_people

    union all

    select tactic_id, person_id, 'listed'
    from listed
    where arm = 'treated' and tactic_id not in (select tactic_id from unit_people)

    union all

    select tactic_id, person_id, 'enrolled'
    from enrolled
    where is_eligible and tactic_id not in (select tactic_id from unit_people) and tactic_id not in (select tactic_id from listed)

    union all

    select tactic_id, person_id, 'all'
    from everybody
),

everyone as (
    select tactic_id, person_id from eligible
    union
    select tactic_id, person_id from listed
    union
    select tactic_id, person_id from enrolled
    union
    select tactic_id, person_id from paid
)

select
    e.tactic_id,
    e.person_id,
    l.arm,
    l.wave,
    l.assigned_at,
    l.is_assigned_at_trusted,
    coalesce(l.offered_date, n.offered_date)                               as offered_date,
    coalesce(l.completed_date, n.completed_date, p.completed_date)         as completed_date,
    coalesce(l.hours, n.hours)                                             as hours,
    x.person_id is not null                                                as is_eligible,
    x.eligible_basis,
    l.person_id is not null                                                as is_listed
from everyone as e
left join listed as l on e.tactic_id = l.tactic_id and e.person_id = l.person_id
left join enrolled as n on e.tactic_id = n.tactic_id and e.person_id = n.person_id
left join paid as p on e.tactic_id = p.tactic_id and e.person_id = p.person_id
left join eligible as x on e.tactic_id = x.tactic_id and e.person_id = x.person_id
