-- Page: /objectives. One row per quarter and level of the cascade for the unit asked for: status meetings held of those
-- expected, their agenda and length.
-- topic: strategy
-- class: aggregate
-- people: people_n
select month, level, level_position, expected, held, with_agenda, complete, items_set, items_covered, minutes, timed, people_n, is_hidden
from marts.checkin_tree_quarterly
where view_name = $scope_view and ancestor_id = $scope_unit
order by month, level_position
