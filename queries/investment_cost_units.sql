-- Page: /investment. One row per unit right below the one asked for and kind of cost of the window.
-- topic: investment
-- class: pay
-- people: people_n
select ancestor_id as group_id, node_name as group_name, what, people_n, amount, unit_amount, fte, days, is_hidden
from marts.investment_cost_tree
where view_name = $scope_view and attribute = '' and window_id = $window and node_name is not null
  and parent_node = case
    when $scope_unit = '*' then (
      select case when count(distinct ancestor_id) = 1 then min(ancestor_id) else '*' end
      from marts.investment_cost_tree where view_name = $scope_view and parent_node = '*' and node_name is not null
    )
    else $scope_unit
  end
order by node_name, ancestor_id, what
