-- Grain: one note on a day of one unit, as each source states it now.
select
    annotation_id,
    unit_id,
    on_date,
    name,
    source,
    stated_at,
    recorded_at
from raw.annotation
where superseded_at is null and deleted_at is null
