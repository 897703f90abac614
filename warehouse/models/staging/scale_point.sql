-- Grain: one point of a scale, as each source states it now.
select
    scale_id,
    value,
    label,
    anchor,
    source,
    stated_at,
    recorded_at
from raw.scale_point
where superseded_at is null and deleted_at is null
