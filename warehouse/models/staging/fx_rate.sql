-- Grain: one exchange rate of a day, month or budget, as each source states it now.
select
    currency,
    base_currency,
    kind,
    rate_date,
    rate,
    source,
    stated_at,
    recorded_at
from raw.fx_rate
where superseded_at is null and deleted_at is null
