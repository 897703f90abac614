-- Extract: evidence_checks. One row per gate, cap and check of what is believed of a tactic on a dial.
-- class: aggregate
-- topic: impact
-- scope: company
-- people: people_n
select c.tactic_link_id, c.tactic_id, c.metric_id, c.position::integer as position, c.rung::integer as rung, c.is_cap, c.name, c.status, c.measure, c.value,
  c."limit" as limit_value, c.is_least, c.words, c.people_n, c.is_hidden
from marts.evidence_checks c
where ($tactic is null or c.tactic_id = $tactic) and ($metric is null or c.metric_id = $metric)
order by c.tactic_link_id, c.position
