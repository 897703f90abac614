-- Page: /objectives. One row per impediment of an objective of the unit asked for and those below it that is open; the oldest first.
-- topic: strategy
-- class: none
-- people: none
select impediment_id, goal_id, goal_name, level, raised_date, is_help_requested, answered_date, age_days, is_old, count(*) over () as n
from marts.impediments
where is_open and ($scope_unit = '*' or unit_id in (select unit_id from scoped_units))
order by age_days desc, impediment_id
limit 30
