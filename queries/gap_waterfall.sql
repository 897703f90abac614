-- Page: /gaps. One row per stretch and step in the unit asked for: from the gaps at the beginning to those at the end.
-- topic: competency
-- class: aggregate
-- people: people_n
select goal_id, goal_name, launched_date, open_date, close_date, step, amount::double as amount, pairs, people_n, is_hidden
from marts.gap_waterfall
where view_name = $scope_view and ancestor_id = $scope_unit
order by goal_id, step
