-- Grain: one other thing that could have moved a dial in a unit, as each source states it now.
select
    rival_event_id,
    name,
    metric_id,
    unit_id,
    from_date,
    to_date,
    is_independent,
    source,
    stated_at,
    recorded_at
from raw.rival_event
where superseded_at is null and deleted_at is null
