-- Page: /gaps. One row: employees of the unit asked for, and those whose title requires something, on the last reference
-- month until the day asked for.
-- topic: competency
-- class: aggregate
-- people: people_n
select month, employees, mapped_employees, people_n, is_hidden
from marts.gap_mapped
where view_name = $scope_view and ancestor_id = $scope_unit and month <= $as_of::date
order by month desc
limit 1
