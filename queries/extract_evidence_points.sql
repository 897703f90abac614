-- Extract: evidence_points. One row per point of the curves of what is believed of one link.
-- class: aggregate
-- topic: impact
-- scope: company
-- people: people_n
select evidence_run_id, position, tactic_link_id, tactic_id, metric_id, kind, name, x, month, value, other, low, high, people_n, is_hidden
from marts.evidence_points
where kind <> 'weight' and ($tactic is null or tactic_id = $tactic) and ($metric is null or metric_id = $metric)
order by evidence_run_id, position
