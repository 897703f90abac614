-- Grain: one version of one course, as each source states it now.
select
    course_version_id,
    course_id,
    released_date,
    assessment,
    source,
    stated_at,
    recorded_at
from raw.course_version
where superseded_at is null and deleted_at is null
