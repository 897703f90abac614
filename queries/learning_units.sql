-- Page: /learning. One row per unit right below the one asked for and step: of so many people, how many are there. Below
-- the company stand the units below its only top, where there is one.
-- topic: learning
-- class: aggregate
-- people: people_n
select ancestor_id as group_id, node_name as group_name, window_id, step, people_n, numerator, numerator_low, numerator_high,
  items, items_done, is_range, is_hidden
from marts.learning_tree
where view_name = $scope_view and attribute = '' and course_id = $course and window_id in ($window, 'now') and node_name is not null
  and parent_node = case
    when $scope_unit = '*' then (
      select case when count(distinct ancestor_id) = 1 then min(ancestor_id) else '*' end
      from marts.learning_tree where view_name = $scope_view and parent_node = '*' and node_name is not null
    )
    else $scope_unit
  end
order by node_name, ancestor_id, window_id, step
