-- One row per wave of a tactic.
select wave, start_date, assigned_by, order_rule, seed, assigned_at, is_assigned_at_trusted
from marts.panel_waves
where tactic_id = $tactic
order by wave
