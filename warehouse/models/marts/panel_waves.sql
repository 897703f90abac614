-- Grain: one wave of a tactic's roll-out: when it began and how it was decided who is in it.
select tactic_id, wave, start_date, assigned_by, order_rule, seed, assigned_at, is_assigned_at_trusted
from core.panel_waves
