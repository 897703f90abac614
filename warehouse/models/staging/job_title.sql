-- Grain: one canonical job title, as each source states it now. valid_to is as stated: null is open.
select
    job_title_id,
    name,
    family,
    level,
    is_frontline,
    is_critical,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.job_title
where superseded_at is null and deleted_at is null
