-- Grain: one xAPI statement, as each source states it now.
-- Nobody sees what is computed from it where the view is switched off: then there is nothing here.
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
    and not exists (select 1 from meta.setting where key = 'off' and list_contains(string_split(value, ','), 'xapi'))
