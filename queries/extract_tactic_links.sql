-- Extract: tactic_links. One row per tactic aimed at a dial.
-- class: none
-- topic: portfolio
-- people: none
select tactic_link_id, tactic_id, metric_id, goal_id, goal_name, has_goal, has_metric, has_baseline, has_target, has_owner,
  completeness::integer as completeness, baseline, target, target_date, mechanism, expected_lag_months::integer as expected_lag_months,
  business_owner_name, registered_at, registered_basis, approved_at, is_approved, is_registered_before_launch, launched_month, wave_months
from marts.tactic_links
where ($tactic is null or tactic_id = $tactic) and ($metric is null or metric_id = $metric)
order by tactic_link_id
