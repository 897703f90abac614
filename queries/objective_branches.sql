-- Page: /objectives. One row per objective right below the one asked for; for '' those on top: strategic ones, or in a
-- part of the company those whose own parent lies outside it. By name.
-- topic: strategy
-- class: none
-- people: none
with seen as (
  select goal_id, parent_id, name, level, level_position, unit_id, as_of_date
  from marts.objectives
  where $parent <> '' or ($scope_unit = '*' or unit_id in (select unit_id from scoped_units where valid_from <= as_of_date and as_of_date < valid_to))
)
select
  o.goal_id, o.name, o.level, o.period, o.state, o.start_date, o.due_date, o.first_due_date, o.finish_date, o.weight, o.progress, o.expected_progress, o.reading_date,
  o.owner_status, o.computed_status, o.has_owner, o.smart, o.children, o.late_children, o.rolled_children, o.rollup_progress, o.effective_progress,
  o.people_progress, o.is_people_told, o.broken, o.is_stalled, o.forecast_date, o.low_date, o.high_date, o.on_time, o.slip_days, o.is_flagged, o.reason, o.is_open
from marts.objectives as o
join seen as s on s.goal_id = o.goal_id
where o.state in ('open', 'overdue', 'done', 'planned')
  and (o.parent_id = $parent
    or $parent = '' and ($scope_unit = '*' and o.level = 'strategic'
      or $scope_unit <> '*' and o.is_open and (o.parent_id is null or o.parent_id not in (select goal_id from seen))))
order by o.is_open desc, o.level_position, o.name, o.goal_id
limit 200
