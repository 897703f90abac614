-- Grain: one planned or realised benefit of a tactic, as each source states it now.
select
    benefit_id,
    tactic_id,
    metric_id,
    planned_amount,
    actual_amount,
    currency,
    go_live_date,
    coalesce(months, 12) as months,
    source,
    stated_at,
    recorded_at
from raw.benefit
where superseded_at is null and deleted_at is null
