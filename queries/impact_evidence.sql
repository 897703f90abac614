-- Page: /impact, /tactics. One row per tactic and dial, the best known first: what is believed now.
-- class: aggregate
-- people: people_n
select evidence_run_id, tactic_link_id, tactic_id, metric_id, computed_at, data_as_of, rung, result, is_claim, joint_with, caps, missing,
  how_we_know, mind_change, next_step, reason, design, design_rule, runners_up, is_overridden, estimand, scale,
  effect, std_error, df, p_value, low, high, level, mde, worth, effect_metric, naive, counterfactual,
  unit_months, benefit_low_amount, benefit_amount, benefit_currency, treated, comparison, is_people,
  months_before, months_after, first_month, launched_month, last_month, reporting, tests, rejected, wave_months,
  settings::varchar as settings, command, fingerprint, people_n, is_hidden
from marts.evidence
order by rung desc, is_claim desc, abs(effect) / nullif(std_error, 0) desc nulls last, tactic_id, metric_id, tactic_link_id
