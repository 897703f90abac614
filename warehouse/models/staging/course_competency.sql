-- Grain: one competency that one course teaches, as each source states it now.
select
    course_id,
    competency_id,
    target_level,
    source,
    stated_at,
    recorded_at
from raw.course_competency
where superseded_at is null and deleted_at is null
