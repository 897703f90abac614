-- Grain: one certificate of one person, as each source states it now.
select
    certification_id,
    person_id,
    course_version_id,
    course_id,
    issued_date,
    expires_date,
    cycle,
    source,
    stated_at,
    recorded_at
from raw.certification
where superseded_at is null and deleted_at is null
