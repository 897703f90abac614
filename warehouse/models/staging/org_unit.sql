-- Grain: one org unit as it stood, as each source states it now. valid_to is as stated: null is open.
select
    unit_id,
    name,
    parent_id,
    unit_type,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.org_unit
where superseded_at is null and deleted_at is null
