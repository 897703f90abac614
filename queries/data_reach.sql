-- Page: every page's frame. One row: the last day that the dials reach; in a month that is
-- still running, as far as the sources do.
-- class: none
-- people: none
with months as (
  select max(m.month) as last_month
  from marts.dial_monthly m semi join scoped_units s on s.unit_id = m.unit_id
  where m.value is not null
), complete as (
  select max(last_complete_month) as last_month from marts.dials
), sources as (
  select max(data_as_of) as last_day from marts.source_freshness
)
select case
    when m.last_month > coalesce(c.last_month, m.last_month - interval 1 month)
      then greatest(m.last_month, least(coalesce(s.last_day, m.last_month), last_day(m.last_month)))
    else last_day(c.last_month)
  end::date as as_of
from months m, complete c, sources s
