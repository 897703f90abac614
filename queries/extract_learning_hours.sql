-- Extract: learning_hours. One row per unit of the tree, window or quarter, what is measured and audience: hours of learning and full-time equivalents.
-- class: aggregate
-- topic: investment
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.node_name as unit_name, t.window_id, t.month, t.what, t.value, t.attribute, t.attribute_value, t.people_n, t.hours, t.aligned_hours,
  t.fte, t.days, t.items, t.items_done, t.is_range, t.is_hidden
from marts.investment_tree t
where t.view_name = $scope_view
order by 1, 3, 4, 5, 6, 7, 8
