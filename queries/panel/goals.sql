-- One row per objective of a unit, with what came of it.
select
  goal_id, start_date, first_due_date as due_date, curve, finish_date, state = 'abandoned' as is_abandoned, is_open, as_of_date,
  has_baseline and has_target as has_target, case when has_metric then 'dial' else 'project' end as kind,
  as_of_date - reading_date > 2 * cadence_days as is_silent
from marts.objectives
order by goal_id
