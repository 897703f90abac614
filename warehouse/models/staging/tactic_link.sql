-- Grain: one tactic aimed at one metric, as each source states it now.
select
    tactic_link_id,
    tactic_id,
    goal_id,
    metric_id,
    mechanism,
    baseline,
    target,
    target_date,
    business_owner_id,
    expected_lag_months,
    registered_at,
    approved_at,
    design_override,
    source,
    stated_at,
    recorded_at
from raw.tactic_link
where superseded_at is null and deleted_at is null
