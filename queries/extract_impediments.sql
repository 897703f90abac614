-- Extract: impediments. One row per impediment of one objective of a unit.
-- class: none
-- topic: strategy
-- scope: grants
-- people: none
select i.impediment_id, i.goal_id, i.goal_name, i.level, i.unit_id, i.raised_date, i.is_help_requested, i.answered_date, i.closed_date, i.is_open, i.age_days, i.days_to_answer
from marts.impediments i
order by i.impediment_id
