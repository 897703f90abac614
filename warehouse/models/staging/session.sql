-- Grain: one scheduled session of a course, as each source states it now.
select
    session_id,
    course_version_id,
    course_id,
    starts_at,
    hours,
    seats,
    source,
    stated_at,
    recorded_at
from raw.session
where superseded_at is null and deleted_at is null
