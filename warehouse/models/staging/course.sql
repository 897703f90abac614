-- Grain: one course, as each source states it now.
select
    course_id,
    name,
    purpose,
    modality,
    kind,
    duration_hours,
    is_customer_led,
    source,
    stated_at,
    recorded_at
from raw.course
where superseded_at is null and deleted_at is null
