-- Page: /impact. One row per gate, cap and check of what is believed of one link.
-- topic: impact
-- class: aggregate
-- scope: everyone
-- people: people_n
select c.position, c.rung, c.is_cap, c.name, c.status, c.measure, c.value, c."limit" as limit_value, c.is_least, c.words,
  e.people_n, e.is_hidden
from marts.evidence_checks c
join marts.evidence e on e.evidence_run_id = c.evidence_run_id
where c.tactic_link_id = $link
order by c.position
