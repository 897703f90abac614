-- Grain: one attempt of one person at one course, as each source states it now.
select
    enrolment_id,
    person_id,
    course_id,
    course_version_id,
    session_id,
    attempt,
    assigned_date,
    assigned_basis,
    due_date,
    started_at,
    completed_at,
    withdrawn_date,
    is_exempt,
    is_passed,
    status,
    score,
    hours,
    origin,
    source,
    stated_at,
    recorded_at
from raw.enrolment
where superseded_at is null and deleted_at is null
