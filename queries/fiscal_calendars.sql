-- Page: /objectives. One row per fiscal calendar; the one that counts unless another is chosen first.
-- topic: strategy
-- class: none
-- scope: everyone
-- people: none
select calendar, min(basis) as basis, bool_or(is_default) as is_default, bool_or(has_week_53) as has_week_53
from marts.fiscal_periods
group by calendar
order by is_default desc, calendar
