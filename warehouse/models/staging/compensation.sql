-- Grain: the base pay of one employment, as each source states it now. valid_to is as stated: null is open.
select
    employment_id,
    base_amount,
    currency,
    per,
    fte_basis,
    change_reason,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.compensation
where superseded_at is null and deleted_at is null
