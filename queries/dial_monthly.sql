-- Page: /strategic-results. One row per dial and month for the unit asked for, as the build rolled
-- it up; months in order. Dials of people come from dial_people_monthly; here they have their plan alone.
-- topic: results
-- class: aggregate
-- people: people_n
select metric_id, month, value, numerator, denominator, n, null::bigint as people_n, units, is_complete, plan, plan_weight, false as is_hidden
from marts.dial_rollup_monthly
where view_name = $scope_view and ancestor_id = $scope_unit
order by metric_id, month
