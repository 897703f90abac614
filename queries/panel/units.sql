-- One row per unit of a link's dial: its part in the tactic, and the unit above it.
select
  p.unit_id, p.part, p.wave, p.exposed_from_month, p.exposed_to_month, p.assigned_at, p.is_assigned_at_trusted,
  p.is_chosen_on_dial, p.selection_from_date, p.selection_to_date, p.heads, a.name as group_name
from marts.panel_units as p
left join marts.units as u on p.unit_id = u.unit_id
left join marts.units as a on u.parent_id = a.unit_id
where p.tactic_link_id = $link
order by p.unit_id
