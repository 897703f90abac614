-- Grain: one course assigned to one audience, as each source states it now.
-- valid_to is as stated: null is open.
select
    assignment_id,
    course_id,
    unit_id,
    job_title_id,
    location,
    employment_type,
    due_days,
    recurs_months,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.learning_assignment
where superseded_at is null and deleted_at is null
