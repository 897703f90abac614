-- Grain: one day as of whose knowledge the numbers of leavers can be told: the first of each of the last 24 months.
-- month is the last whole month before it, the last of the twelve that the numbers of that day were about.
select
    m.next_month                          as known_date,
    m.month,
    (m.month - interval 11 month)::date   as from_date,
    m.next_month                          as to_date
from core.dim_months as m
where
    m.is_complete
    and m.month > (select max(month) - interval 24 month from core.dim_months where is_complete)
    and m.month - interval 11 month >= (select min(month) from core.dim_months)
