-- Extract: evidence. One row per tactic and dial: what is believed now, and how well it is known.
-- class: aggregate
-- scope: everyone
-- topic: impact
-- scope: company
-- people: people_n
select tactic_link_id, tactic_id, metric_id, computed_at, data_as_of, rung::integer as rung, result, is_claim, words, how_we_know,
  mind_change, next_step, joint_with, caps, design, estimand, effect, std_error, df, p_value, low, high, level, mde, worth,
  effect_metric, low_metric, high_metric, naive, counterfactual, treated::bigint as treated, comparison::bigint as comparison,
  months_before::integer as months_before, months_after::integer as months_after, first_month, launched_month, last_month, reporting,
  share_of_change, fingerprint, people_n, is_hidden
from marts.evidence
where ($tactic is null or tactic_id = $tactic) and ($metric is null or metric_id = $metric)
order by tactic_link_id
