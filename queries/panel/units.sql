-- One row per unit of a link's dial: its part in the tactic.
select
  unit_id, part, wave, exposed_from_month, exposed_to_month, assigned_at, is_assigned_at_trusted,
  is_chosen_on_dial, selection_from_date, selection_to_date, heads
from marts.panel_units
where tactic_link_id = $link
order by unit_id
