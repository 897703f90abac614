-- Grain: one rating scale, as each source states it now.
select
    scale_id,
    name,
    low_value,
    high_value,
    source,
    stated_at,
    recorded_at
from raw.scale
where superseded_at is null and deleted_at is null
