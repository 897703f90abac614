-- Grain: one job assignment of one employment, as each source states it now.
-- valid_to is as stated: null is open.
select
    employment_id,
    assignment_id,
    is_primary,
    fte_share,
    raw_title,
    job_title_id,
    unit_id,
    location,
    pay_band_id,
    change_reason,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.job
where superseded_at is null and deleted_at is null
