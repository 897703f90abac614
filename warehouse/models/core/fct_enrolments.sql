-- Grain: one attempt of one person at one course; person_id is empty where nobody
-- known has the identifier, learner_id never is. Where several sources tell of the same
-- completion, of a person, a course and a day, that of the first source counts.
with enrolled as (
    select
        e.enrolment_id,
        e.source,
        e.person_id as value,
        coalesce(c.course_id, x.course_id, e.course_id) as course_id,
        e.course_version_id,
        e.session_id,
        e.attempt,
        e.assigned_date,
        e.assigned_basis,
        e.due_date,
        e.started_at,
        e.completed_at,
        e.withdrawn_date,
        coalesce(e.is_exempt, false) as is_exempt,
        e.is_passed,
        e.score,
        e.hours,
        e.origin,
        coalesce(e.assigned_date, e.started_at::date, e.completed_at::date) as first_date
    from staging.enrolment as e
    left join (select distinct course_id from staging.course) as c on e.course_id = c.course_id
    left join (select system, value, min(course_id) as course_id from staging.course_xref group by system, value) as x
        on e.source = x.system and e.course_id = x.value
)

select
    e.enrolment_id,
    e.source,
    i.key_id as learner_id,
    -- an identifier is a person's only while it was theirs
    case when coalesce(e.first_date >= i.valid_from and e.first_date < i.valid_to, true) then i.person_id end as person_id,
    e.course_id,
    e.course_version_id,
    e.session_id,
    e.attempt,
    e.assigned_date,
    e.assigned_basis,
    e.due_date,
    e.started_at,
    e.completed_at,
    e.withdrawn_date,
    e.is_exempt,
    e.is_passed,
    e.score,
    e.hours,
    e.origin,
    date_trunc('month', e.first_date)::date as month
from enrolled as e
left join core.fct_learner_ids as i on e.source = i.source and e.value = i.value
left join core.dim_sources as s on e.source = s.source
qualify
    e.completed_at is null
    or i.person_id is null
    or coalesce(s.position, 1000000) = min(coalesce(s.position, 1000000)) over (partition by i.person_id, e.course_id, e.completed_at::date)
