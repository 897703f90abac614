-- Grain: the value of one metric for one unit in one period, as each source states it now.
select
    metric_id,
    metric_version,
    unit_id,
    period_start_date,
    value,
    numerator,
    denominator,
    n,
    is_complete,
    source,
    stated_at,
    recorded_at
from raw.metric_observation
where superseded_at is null and deleted_at is null
