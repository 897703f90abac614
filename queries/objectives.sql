-- Page: /objectives. One row per open objective of the unit asked for and those below it with its forecast; what alerts on slips watch.
-- topic: strategy
-- class: none
-- people: none
select goal_id, name, level, first_due_date, due_date, progress, expected_progress, owner_status, computed_status, forecast_date, low_date, high_date,
  on_time, slip_days, is_flagged, is_stalled, has_owner, smart, reason
from marts.objectives
where is_open and ($scope_unit = '*' or unit_id in (select unit_id from scoped_units))
order by slip_days desc nulls last, goal_id
