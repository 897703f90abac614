-- Page: /strategic-results. One row per dial of people and month for the unit asked for, as the build
-- rolled it up and hid what must be hidden; months in order.
-- topic: results
-- class: aggregate
-- people: people_n
select metric_id, month, value, numerator, denominator, people_n, is_complete, is_range, numerator_low, numerator_high, is_hidden
from marts.dial_tree_monthly
where view_name = $scope_view and ancestor_id = $scope_unit
order by metric_id, month
