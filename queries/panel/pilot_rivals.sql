-- One row per other thing that touched the people of a link's experiment.
select rival_id, name, is_independent, treated_share, comparison_share
from marts.panel_pilot_rivals
where tactic_link_id = $link
order by rival_id
