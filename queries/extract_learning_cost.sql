-- Extract: learning_cost. One row per unit of the tree, window, kind of cost and audience.
-- class: pay
-- topic: investment
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.node_name as unit_name, t.window_id, t.month, t.what, t.attribute, t.attribute_value, t.people_n, t.amount, t.unit_amount, t.open_amount,
  t.fte, t.days, t.cost_currency, t.is_hidden
from marts.investment_cost_tree t
where t.view_name = $scope_view
order by 1, 3, 4, 5, 6, 7
