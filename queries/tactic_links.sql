-- Page: /strategic-results. One row per tactic and dial that it is aimed at.
-- topic: results
-- class: none
-- people: none
select tactic_link_id, tactic_id, metric_id, goal_name, has_goal, has_metric, has_baseline, has_target, has_owner, completeness,
  baseline, target, target_date, mechanism, expected_lag_months, business_owner_name, registered_basis, registered_at,
  is_approved, is_registered_before_launch, launched_month, wave_months
from marts.tactic_links
order by launched_month, tactic_id, metric_id, tactic_link_id
