-- Grain: one answer about one course, as each source states it now.
select
    feedback_id,
    course_id,
    course_version_id,
    session_id,
    respondent,
    step,
    item,
    value,
    answered_date,
    source,
    stated_at,
    recorded_at
from raw.learning_feedback
where superseded_at is null and deleted_at is null
