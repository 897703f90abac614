-- Extract: tactic_costs. One row per tactic: what it cost and whom it reached.
-- class: pay
-- scope: company
-- topic: portfolio
-- scope: company
-- people: people_n
select tactic_id, name, launched_date,
  case when is_hidden is not distinct from false then eligible_people end as eligible_people,
  case when is_hidden is not distinct from false and is_reached_hidden is not distinct from false then reached_people end as reached_people,
  case when is_hidden is not distinct from false and is_hours_hidden is not distinct from false then participant_hours end as participant_hours,
  case when is_direct_cost_hidden is not distinct from false then direct_cost_amount end as direct_cost_amount,
  case when is_cost_hidden is not distinct from false then loaded_cost_amount end as loaded_cost_amount,
  cost_currency, missing_rate_lines, planned_cost_amount, null::bigint as people_n, false as is_hidden
from marts.tactics
where $tactic is null or tactic_id = $tactic
order by tactic_id
