-- Page: every page's frame. One row: the last day that the dials reach; in a month that is
-- still running, as far as the sources do.
-- topic: frame
-- class: none
-- people: none
with complete as (
  select max(last_complete_month) as last_month from marts.dials
), seen as (
  select metric_id, month from marts.dial_rollup_monthly where view_name = $scope_view and ancestor_id = $scope_unit and units > 0
  union all
  select metric_id, month from marts.dial_tree_monthly where view_name = $scope_view and ancestor_id = $scope_unit
), running as (
  select max(m.month) as last_month
  from seen m
  join marts.dials d on d.metric_id = m.metric_id and m.month > coalesce(d.last_complete_month, date '1900-01-01')
), sources as (
  select max(data_as_of) as last_day from marts.source_freshness
)
select case
    when r.last_month > coalesce(c.last_month, date '1900-01-01')
      then greatest(r.last_month, least(coalesce(s.last_day, r.last_month), last_day(r.last_month)))
    else last_day(c.last_month)
  end::date as as_of
from complete c, running r, sources s
