-- Grain: one unit's part in a tactic, as each source states it now.
select
    tactic_id,
    unit_id,
    arm,
    wave,
    assigned_at,
    exposed_from_date,
    exposed_to_date,
    is_chosen_on_dial,
    selection_from_date,
    selection_to_date,
    source,
    stated_at,
    recorded_at
from raw.tactic_unit
where superseded_at is null and deleted_at is null
