-- Grain: one objective of the cascade as it stood, as each source states it now.
-- valid_to is as stated: null is open.
select
    goal_id,
    name,
    parent_id,
    level,
    owner_id,
    unit_id,
    period,
    start_date,
    due_date,
    baseline,
    target,
    direction,
    weight,
    metric_id,
    status,
    cadence_days,
    curve,
    change_reason,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.goal
where superseded_at is null and deleted_at is null
