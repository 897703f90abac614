-- Grain: one identifier of one person in one system, while it was theirs, as each source states it now.
-- valid_to is as stated: null is open.
select
    system,
    legal_entity,
    value,
    person_id,
    rule,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.person_xref
where superseded_at is null and deleted_at is null
