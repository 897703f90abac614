-- Page: /gaps/step. One row per unit of those asked for: one step of one stretch there.
-- topic: competency
-- class: aggregate
-- people: people_n
select ancestor_id as unit, amount::double as amount, pairs, people_n, is_hidden
from marts.gap_waterfall
where view_name = $scope_view and goal_id = $goal and step = $step and ancestor_id <> $scope_unit and ancestor_id in (select unnest(string_split($units, chr(31))))
order by ancestor_id
