-- Page: /objectives. One row per level of the cascade, strategic to team: how many objectives of the unit asked for
-- and those below it stand where.
-- topic: strategy
-- class: none
-- people: none
select
  level, level_position, max(as_of_date) as as_of_date,
  count(*) as objectives, count(*) filter (is_open) as open_n, count(*) filter (is_current) as current_n,
  count(*) filter (state = 'overdue') as overdue_n, count(*) filter (state = 'done') as done_n,
  count(*) filter (state not in ('draft', 'planned')) as started_n, count(*) filter (state = 'abandoned') as abandoned_n,
  count(forecast_date) as forecast_n, count(*) filter (is_flagged) as flagged_n,
  count(*) filter (is_open and reason = 'too early to forecast') as early_n,
  count(*) filter (is_open and reason = 'not read for more than two cadences') as silent_n,
  count(*) filter (is_open and computed_status in ('behind', 'overdue')) as behind_n,
  count(*) filter (is_open and (computed_status in ('behind', 'overdue') or is_flagged) and lower(owner_status) = 'green') as disagree_n,
  count(*) filter (is_open and not has_owner) as unowned_n, count(*) filter (is_open and smart = 5) as smart_n,
  coalesce(sum(smart) filter (is_open), 0)::bigint as smart_sum,
  count(*) filter (is_stalled) as stalled_n, count(*) filter (is_open and coalesce(cadence_days, 0) <= 0) as uncadenced_n,
  count(*) filter (is_current and has_sight) as sighted_n, count(broken) as broken_n
from marts.objectives
where ($scope_unit = '*' or unit_id in (select unit_id from scoped_units where valid_from <= as_of_date and as_of_date < valid_to))
group by level, level_position
order by level_position
