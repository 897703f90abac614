-- Grain: one impediment of one objective, as each source states it now.
select
    impediment_id,
    goal_id,
    raised_date,
    is_help_requested,
    answered_date,
    closed_date,
    source,
    stated_at,
    recorded_at
from raw.impediment
where superseded_at is null and deleted_at is null
