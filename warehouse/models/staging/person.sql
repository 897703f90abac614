-- Grain: one person; no names, as each source states it now.
select
    person_id,
    source,
    stated_at,
    recorded_at
from raw.person
where superseded_at is null and deleted_at is null
