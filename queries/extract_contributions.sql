-- Extract: contributions. One row per tactic and dial about which participants and managers were asked.
-- class: aggregate
-- topic: portfolio
-- scope: company
-- people: people_n
select tactic_id, metric_id, contribution, people_n, is_hidden
from marts.panel_contributions
where ($tactic is null or tactic_id = $tactic) and ($metric is null or metric_id = $metric)
order by tactic_id, metric_id
