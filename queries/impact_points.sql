-- Page: /impact. One row per point of the curves of what is believed of one link.
-- topic: impact
-- class: aggregate
-- scope: everyone
-- people: people_n
select p.kind, p.name, p.x, p.month, p.value, p.other, p.low, p.high, e.people_n, e.is_hidden
from marts.evidence_points p
join marts.evidence e on e.evidence_run_id = p.evidence_run_id
where p.tactic_link_id = $link and p.kind <> 'weight'
order by p.position
