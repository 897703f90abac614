-- Grain: one attempt of one learner at one course that was asked for, begun or ended, with how it
-- went. is_assigned: not the learner's own wish; where nobody says whose it was, it counts as assigned.
-- Dates count first; where a source has none, its words for the state do (completed, passed, failed,
-- withdrawn, exempt, and what is close to them). A later attempt at the same course ends an open one.
-- assigned_basis first_seen: nobody states when it was assigned and no rule says so; its date is
-- that of the first sign of it, so it tells nothing of how long things take.
with stated as (
    select
        e.enrolment_id,
        e.source,
        e.learner_id,
        e.person_id,
        e.course_id,
        coalesce(e.course_version_id, '')                   as course_version_id,
        e.session_id,
        e.attempt,
        coalesce(e.origin, 'assigned') <> 'self'            as is_assigned,
        coalesce(e.origin, 'unknown')                       as origin,
        e.assigned_date,
        e.assigned_basis,
        e.due_date,
        e.started_at::date                                  as started_date,
        e.completed_at::date                                as completed_date,
        e.withdrawn_date,
        e.is_exempt,
        e.is_passed,
        e.score,
        coalesce(e.hours, 0)                                as hours,
        e.hours is null                                     as is_hours_unknown,
        lower(trim(x.status))                               as status,
        x.recorded_at::date                                 as recorded_date
    from core.fct_enrolments as e
    left join staging.enrolment as x on e.source = x.source and e.enrolment_id = x.enrolment_id
),

judged as (
    select
        *,
        withdrawn_date is not null
        or completed_date is null and coalesce(regexp_matches(status, '^(withdr|drop|cancel|unenrol|abandon)'), false)         as is_withdrawn,
        completed_date is not null
        or withdrawn_date is null and not coalesce(regexp_matches(status, '^(withdr|drop|cancel|unenrol|abandon|in.?progress|started|not|open|enrol|assign|exempt|waive)'), false)
        and (is_passed is not null or coalesce(regexp_matches(status, '^(complet|pass|fail|distinction|finish|done|certif)'), false)) as is_completed,
        is_exempt or coalesce(regexp_matches(status, '^(exempt|waive)'), false)                                                as is_excused
    from stated
),

-- when a rule would have assigned it: the day on which the learner came into its audience
ruled as (
    select j.enrolment_id, j.source, max(a.from_date) as rule_date, arg_max(a.due_days, a.from_date) as due_days
    from judged as j
    inner join core.fct_learning_audience as a
        on j.person_id = a.person_id and j.course_id = a.course_id
        and coalesce(j.started_date, j.completed_date) >= a.from_date and coalesce(j.started_date, j.completed_date) < a.to_date
    where j.assigned_date is null and j.is_assigned
    group by j.enrolment_id, j.source
),

dated as (
    select
        j.*,
        coalesce(j.assigned_date, r.rule_date, j.started_date, j.completed_date, j.withdrawn_date, j.recorded_date)            as from_date,
        case when j.assigned_date is not null then coalesce(j.assigned_basis, 'source') when r.rule_date is not null then 'rule' else 'first_seen' end as basis,
        coalesce(j.due_date, case when j.assigned_date is null then r.rule_date + r.due_days end)                              as due
    from judged as j
    left join ruled as r on j.enrolment_id = r.enrolment_id and j.source = r.source
)

select
    enrolment_id,
    source,
    learner_id,
    person_id,
    course_id,
    course_version_id,
    session_id,
    attempt,
    is_assigned,
    origin,
    from_date                       as assigned_date,
    basis                           as assigned_basis,
    due                             as due_date,
    started_date,
    completed_date,
    withdrawn_date,
    is_withdrawn,
    is_excused                      as is_exempt,
    is_completed,
    -- the day on which it was done: its own, or that of a later attempt that was begun for it
    coalesce(
        completed_date,
        min(completed_date) over (
            partition by learner_id, course_id
            order by from_date, attempt nulls first, coalesce(started_date, completed_date, date '9999-12-31'), enrolment_id, source
            rows between 1 following and unbounded following
        )
    )                               as done_date,
    is_passed,
    score,
    score is not null or is_passed is not null as is_assessed,
    hours,
    is_hours_unknown,
    status
from dated
