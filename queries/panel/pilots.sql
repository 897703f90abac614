-- One row per arm and kind of people of a link's experiment.
select
  arm, tenure_years, is_frontline, level, is_known, left_in_month, months, from_month, until_month, assigned_at,
  people, leavers, completers
from marts.panel_pilots
where tactic_link_id = $link
order by arm, tenure_years nulls first, is_frontline nulls first, level nulls first, is_known, left_in_month nulls first
