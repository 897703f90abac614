-- Extract: objectives. One row per objective of a unit, from strategy to team, with its progress, roll-up and forecast.
-- class: none
-- topic: strategy
-- scope: grants
-- people: none
select o.goal_id, o.name, o.parent_id, o.level, o.unit_id, o.period, o.start_date, o.due_date, o.first_due_date, o.finish_date, o.abandoned_date, o.state, o.is_open,
  o.weight, o.as_of_date, o.metric_name, o.has_owner, o.has_metric, o.has_baseline, o.has_target, o.has_due, o.smart::integer as smart, o.reading_date, o.progress,
  o.expected_progress, o.owner_status, o.computed_status, o.is_stalled, o.rollup_progress, o.has_sight, o.forecast_date, o.low_date, o.high_date, o.on_time, o.is_flagged
from marts.objectives o
order by o.goal_id
