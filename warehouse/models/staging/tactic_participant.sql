-- Grain: one person's part in a tactic, as each source states it now.
select
    tactic_id,
    person_id,
    arm,
    wave,
    assigned_at,
    offered_date,
    completed_date,
    hours,
    source,
    stated_at,
    recorded_at
from raw.tactic_participant
where superseded_at is null and deleted_at is null
