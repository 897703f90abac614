-- Page: /objectives. One row per objective with a forecast in the unit asked for and those below it; the latest against its first
-- due date first, at most 20.
-- topic: strategy
-- class: none
-- people: none
select goal_id, name, level, start_date, due_date, first_due_date, progress, reading_date, owner_status, computed_status, forecast_date, low_date, high_date,
  theil_sen_date, on_time, slip_days, is_flagged, as_of_date
from marts.objectives
where forecast_date is not null and ($scope_unit = '*' or unit_id in (select unit_id from scoped_units where valid_from <= as_of_date and as_of_date < valid_to))
order by is_flagged desc, slip_days desc, goal_id
limit 20
