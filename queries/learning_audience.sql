-- Page: /learning. One row per title, location or type of employment in the unit asked for and step: of so many people, how many are there.
-- topic: learning
-- class: aggregate
-- people: people_n
select attribute_value as group_id, attribute_name as group_name, window_id, step, people_n, numerator, numerator_low, numerator_high,
  items, items_done, is_range, is_hidden
from marts.learning_tree
where view_name = $scope_view and ancestor_id = $scope_unit and attribute = $attribute and course_id = $course and window_id in ($window, 'now')
order by attribute_name, window_id, step
