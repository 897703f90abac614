-- Grain: one spell of absence, as each source states it now.
select
    absence_id,
    person_id,
    absence_type,
    from_date,
    to_date,
    absent_hours,
    source,
    stated_at,
    recorded_at
from raw.absence
where superseded_at is null and deleted_at is null
