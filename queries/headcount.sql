-- Page: /workforce. One row per month for the unit asked for, as the build rolled it up and hid what must be
-- hidden; months in order.
-- topic: workforce
-- class: aggregate
-- people: people_n
select month, heads, fte, contractors, people_n, is_complete, is_hidden
from marts.headcount_tree_monthly
where view_name = $scope_view and ancestor_id = $scope_unit
order by month
