-- Grain: one spell of absence, as each source states it now.
-- Nobody sees what is computed from it where the view is switched off: then there is nothing here.
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
    and not exists (select 1 from meta.setting where key = 'off' and list_contains(string_split(value, ','), 'absence'))
