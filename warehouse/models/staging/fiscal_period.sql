-- Grain: one period of one fiscal calendar, as each source states it now.
select
    calendar,
    fiscal_year,
    period,
    start_date,
    end_date,
    has_week_53,
    source,
    stated_at,
    recorded_at
from raw.fiscal_period
where superseded_at is null and deleted_at is null
