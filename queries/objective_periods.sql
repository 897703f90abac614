-- Page: /objectives. One row per quarter, half or year of the fiscal calendar asked for that is over: objectives of the unit
-- asked for and those below it that were due first in it, and how many were done by then. Those due in a 53rd week
-- stand apart. The latest first.
-- topic: strategy
-- class: none
-- people: none
with due as (
  select p.calendar, p.fiscal_year, p.quarter, p.half, o.finish_date <= o.first_due_date as is_done,
    coalesce(o.first_due_date >= p.week_53_date, false) as is_week_53
  from marts.objectives as o
  join marts.fiscal_periods as p on o.first_due_date >= p.start_date and o.first_due_date < p.end_date
  where o.first_due_date < o.as_of_date and o.state not in ('draft', 'abandoned')
    and ($calendar = '' and p.is_default or p.calendar = $calendar) and ($scope_unit = '*' or unit_id in (select unit_id from scoped_units where valid_from <= as_of_date and as_of_date < valid_to))
),
ends as (
  select calendar, fiscal_year, quarter, half, max(end_date) as end_date
  from marts.fiscal_periods
  group by all
)
select d.calendar, d.fiscal_year, case when grouping(d.half) = 1 then 0 else coalesce(d.half, 0) end as half,
  case when grouping(d.quarter) = 1 then 0 else d.quarter end as quarter, max(e.end_date) as end_date,
  count(*) filter (not d.is_week_53) as due_n, count(*) filter (not d.is_week_53 and coalesce(d.is_done, false)) as done_n,
  count(*) filter (d.is_week_53) as week_53_n
from due as d
join ends as e on e.calendar = d.calendar and e.fiscal_year = d.fiscal_year and e.quarter = d.quarter
group by grouping sets ((d.calendar, d.fiscal_year), (d.calendar, d.fiscal_year, d.half), (d.calendar, d.fiscal_year, d.half, d.quarter))
order by d.fiscal_year desc, half, quarter
limit 60
