-- Grain: one reporting line of one person to one manager, as each source states it now.
-- valid_to is as stated: null is open.
select
    person_id,
    manager_id,
    kind,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.reporting_line
where superseded_at is null and deleted_at is null
