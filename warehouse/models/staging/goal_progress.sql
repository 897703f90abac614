-- Grain: the value of one objective on a day, as each source states it now.
select
    goal_id,
    as_of_date,
    value,
    owner_status,
    source,
    stated_at,
    recorded_at
from raw.goal_progress
where superseded_at is null and deleted_at is null
