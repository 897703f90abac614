-- Grain: one pay band, as each source states it now. valid_to is as stated: null is open.
select
    pay_band_id,
    currency,
    low_amount,
    midpoint_amount,
    high_amount,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.pay_band
where superseded_at is null and deleted_at is null
