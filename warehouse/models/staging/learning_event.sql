-- Grain: one xAPI statement, as each source states it now.
select
    statement_id,
    person_id,
    verb,
    object,
    occurred_at,
    stored_at,
    result,
    source,
    stated_at,
    recorded_at
from raw.learning_event
where superseded_at is null and deleted_at is null
