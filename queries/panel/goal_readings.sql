-- One row per objective of a unit and day on which its progress was read, in order.
select goal_id, as_of_date, progress, is_warned
from marts.objective_readings
order by goal_id, as_of_date
