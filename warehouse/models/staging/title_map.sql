-- Grain: one raw title mapped to its canonical one, as each source states it now.
-- valid_to is as stated: null is open.
select
    raw_title,
    job_title_id,
    approver_id,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.title_map
where superseded_at is null and deleted_at is null
