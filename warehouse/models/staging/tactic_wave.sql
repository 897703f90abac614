-- Grain: one wave of a tactic's roll-out, as each source states it now.
select
    tactic_id,
    wave,
    start_date,
    assigned_by,
    order_rule,
    assigned_at,
    seed,
    source,
    stated_at,
    recorded_at
from raw.tactic_wave
where superseded_at is null and deleted_at is null
