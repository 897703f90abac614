-- Grain: one canonical job title as it stood; valid_to is as stated, null is open.
select
    source,
    job_title_id,
    name,
    family,
    level,
    is_frontline,
    is_critical,
    valid_from,
    valid_to
from staging.job_title
