-- Extract: checkins. One row per unit of the tree, quarter and level of the cascade: status meetings held and expected.
-- class: aggregate
-- topic: strategy
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.month, t.level, t.expected, t.held, t.with_agenda, t.complete, t.items_set, t.items_covered, t.minutes, t.timed, t.people_n, t.is_hidden
from marts.checkin_tree_quarterly t
where t.view_name = $scope_view
order by 1, 2, 3
