-- At most one row: what people think that a tactic contributed to a dial.
select contribution, is_hidden
from marts.panel_contributions
where tactic_id = $tactic and metric_id = $metric
