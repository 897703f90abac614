-- Grain: one review cycle, as each source states it now.
select
    review_cycle_id,
    name,
    start_date,
    end_date,
    source,
    stated_at,
    recorded_at
from raw.review_cycle
where superseded_at is null and deleted_at is null
