-- Grain: one other thing that could have moved a dial in a unit.
select rival_event_id, name, metric_id, unit_id, from_date, to_date, is_independent
from core.fct_rival_events
