-- Grain: one cost line of learning, as each source states it now.
select
    cost_id,
    cost_type,
    amount,
    currency,
    cost_date,
    course_id,
    session_id,
    tactic_id,
    unit_id,
    person_id,
    source,
    stated_at,
    recorded_at
from raw.learning_cost
where superseded_at is null and deleted_at is null
