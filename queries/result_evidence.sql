-- Page: /strategic-results. One row per tactic and dial that the impact engine has judged, the best known first.
-- topic: results
-- class: aggregate
-- scope: everyone
-- people: people_n
select tactic_id, metric_id, rung, result, is_claim, joint_with, caps, missing, reason, how_we_know, next_step,
  effect_relative, low_relative, high_relative, level, mde_relative, treated, is_people, people_n, is_hidden
from marts.evidence
order by rung desc, is_claim desc, tactic_id, metric_id
