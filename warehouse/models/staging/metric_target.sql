-- Grain: the plan of one metric for one unit and month, as each source states it now.
select
    metric_id,
    unit_id,
    period_start_date,
    plan_version,
    plan,
    plan_weight,
    source,
    stated_at,
    recorded_at
from raw.metric_target
where superseded_at is null and deleted_at is null
