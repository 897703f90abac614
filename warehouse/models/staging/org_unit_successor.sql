-- Grain: one unit's share that passed to another on a date, as each source states it now.
select
    from_unit_id,
    to_unit_id,
    share,
    changed_date,
    source,
    stated_at,
    recorded_at
from raw.org_unit_successor
where superseded_at is null and deleted_at is null
