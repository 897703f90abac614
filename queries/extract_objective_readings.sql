-- Extract: objective_readings. One row per objective of a unit and day on which its progress was read.
-- class: none
-- topic: strategy
-- scope: grants
-- people: none
select r.goal_id, r.unit_id, r.as_of_date, r.progress, r.owner_status
from marts.objective_readings r
order by r.goal_id, r.as_of_date
