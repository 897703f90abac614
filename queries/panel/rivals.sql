-- One row per other thing aimed at a link's dial and unit that it touched.
select rival_id, name, unit_id, from_month, to_date, is_independent
from marts.panel_rivals
where tactic_link_id = $link
order by rival_id, unit_id, from_month
