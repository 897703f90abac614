-- Extract: evidence_history. One row per judgement of one tactic on one dial: what was believed since when, and why that changed.
-- class: aggregate
-- topic: impact
-- scope: company
-- people: people_n
select evidence_run_id, tactic_link_id, tactic_id, metric_id, run_number::integer as run_number, computed_at, data_as_of, why, rung::integer as rung, result, is_claim,
  how_we_know, scale, effect, low, high, level, counterfactual, people_n, is_hidden
from marts.evidence_history
where ($tactic is null or tactic_id = $tactic) and ($metric is null or metric_id = $metric)
order by tactic_link_id, run_number
