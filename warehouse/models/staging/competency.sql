-- Grain: one competency of one framework, as each source states it now.
select
    competency_id,
    framework_id,
    name,
    description,
    scale_id,
    source,
    stated_at,
    recorded_at
from raw.competency
where superseded_at is null and deleted_at is null
