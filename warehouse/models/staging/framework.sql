-- Grain: one competency framework, as each source states it now.
select
    framework_id,
    name,
    version,
    source,
    stated_at,
    recorded_at
from raw.framework
where superseded_at is null and deleted_at is null
