-- Page: /investment. One row per unit right below the one asked for: hours of learning and full-time equivalents.
-- topic: investment
-- class: aggregate
-- people: people_n
select ancestor_id as group_id, node_name as group_name, people_n, hours, fte, days, is_hidden
from marts.investment_tree
where view_name = $scope_view and attribute = '' and window_id = $window and what = 'hours' and node_name is not null
  and parent_node = case
    when $scope_unit = '*' then (
      select case when count(distinct ancestor_id) = 1 then min(ancestor_id) else '*' end
      from marts.investment_tree where view_name = $scope_view and parent_node = '*' and node_name is not null
    )
    else $scope_unit
  end
order by node_name, ancestor_id
