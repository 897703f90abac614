-- Extract: fiscal_periods. One row per period of one calendar.
-- class: none
-- topic: strategy
-- scope: everyone
-- people: none
select calendar, fiscal_year, period, quarter, half, start_date, end_date, has_week_53, basis, is_default
from marts.fiscal_periods
order by calendar, fiscal_year, period
