-- Grain: one status meeting, expected or held, as each source states it now.
select
    checkin_id,
    person_id,
    manager_id,
    goal_id,
    expected_date,
    held_date,
    minutes,
    items_set,
    items_covered,
    source,
    stated_at,
    recorded_at
from raw.checkin
where superseded_at is null and deleted_at is null
