-- Extract: gap_waterfall. One row per unit of the tree, stretch and step: from the gaps at the beginning to those at the end.
-- class: aggregate
-- topic: competency
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.month, t.goal_id, t.goal_name, t.launched_date, t.open_date, t.close_date, t.step, t.amount::double as amount, t.pairs, t.people_n, t.is_hidden
from marts.gap_waterfall t
where t.view_name = $scope_view
order by 1, 3, 8, 2
