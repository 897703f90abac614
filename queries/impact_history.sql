-- Page: /impact. One row per earlier judgement of one link, the last first: what was believed since when, and why that changed.
-- topic: impact
-- class: aggregate
-- scope: everyone
-- people: people_n
select run_number, computed_at, data_as_of, why, rung, result, how_we_know, scale, effect, low, high, counterfactual, people_n, is_hidden
from marts.evidence_history
where tactic_link_id = $link
order by run_number desc
limit 24
