-- Page: /impact. One row per point of the curves of what is believed of one link; the
-- effect in a unit is for who was granted it, and in units that share a name for the whole company.
-- topic: impact
-- class: aggregate
-- scope: everyone
-- people: people_n
select p.kind, p.name, p.x, p.month, p.value, p.other, p.low, p.high, e.people_n, e.is_hidden
from marts.evidence_points p
join marts.evidence e on e.evidence_run_id = p.evidence_run_id
where p.tactic_link_id = $link and p.kind <> 'weight'
  and (p.kind <> 'group-unit' or $scope_unit = '*' or p.of_unit in (select unit_id from granted_units))
order by p.position
