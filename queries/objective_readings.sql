-- Page: /objectives/branch. One row per day on which the progress of the objective asked for was read, in order.
-- topic: strategy
-- class: none
-- people: none
select as_of_date, progress, owner_status
from marts.objective_readings
where goal_id = $parent and ($scope_unit = '*' or unit_id in (select unit_id from granted_units))
order by as_of_date
