-- Page: /objectives. One row per flaw of the cascade: a branch that breaks, an objective that stands still, one without
-- an owner. At most 25 of each kind, the longest still first.
-- topic: strategy
-- class: none
-- people: none
with flaws as (
  select 'broken' as kind, broken as what, goal_id, name, level, unit_id, due_date, days_still, cadence_days, level_position from marts.objectives where broken is not null and ($scope_unit = '*' or unit_id in (select unit_id from scoped_units where valid_from <= as_of_date and as_of_date < valid_to))
  union all
  select 'stalled', null, goal_id, name, level, unit_id, due_date, days_still, cadence_days, level_position from marts.objectives where is_stalled and ($scope_unit = '*' or unit_id in (select unit_id from scoped_units where valid_from <= as_of_date and as_of_date < valid_to))
  union all
  select 'unowned', null, goal_id, name, level, unit_id, due_date, days_still, cadence_days, level_position from marts.objectives where is_open and not has_owner and ($scope_unit = '*' or unit_id in (select unit_id from scoped_units where valid_from <= as_of_date and as_of_date < valid_to))
)
select kind, what, goal_id, name, level, due_date, days_still, cadence_days, n
from (
  select kind, what, goal_id, name, level, due_date, days_still, cadence_days, count(*) over (partition by kind) as n,
    row_number() over (partition by kind order by what = 'cycle' desc, what = 'no parent' desc, level_position, days_still desc, goal_id) as place
  from flaws
)
where place <= 25
order by kind, place
