-- Page: /objectives/branch. One row per objective from the one asked for up to the top, the nearest first.
-- topic: strategy
-- class: none
-- people: none
with recursive up as (
  select goal_id, parent_id, 0 as step
  from marts.objectives
  where goal_id = $parent and ($scope_unit = '*' or unit_id in (select unit_id from granted_units))
  union all
  select o.goal_id, o.parent_id, u.step + 1
  from up as u
  join marts.objectives as o on o.goal_id = u.parent_id
  where u.step < 8
)
select
  o.goal_id, o.name, o.level, o.period, o.state, o.start_date, o.due_date, o.first_due_date, o.finish_date, o.weight, o.progress, o.expected_progress, o.reading_date,
  o.owner_status, o.computed_status, o.has_owner, o.smart, o.children, o.late_children, o.rolled_children, o.rollup_progress, o.effective_progress,
  o.people_progress, o.is_people_told, o.broken, o.is_stalled, o.forecast_date, o.low_date, o.high_date, o.on_time, o.slip_days, o.is_flagged, o.reason, o.is_open
from up as u
join marts.objectives as o on o.goal_id = u.goal_id
order by u.step
