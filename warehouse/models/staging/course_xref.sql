-- Grain: one identifier of one course in one system, as each source states it now.
select
    system,
    value,
    course_id,
    source,
    stated_at,
    recorded_at
from raw.course_xref
where superseded_at is null and deleted_at is null
