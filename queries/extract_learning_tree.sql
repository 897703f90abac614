-- Extract: learning_tree. One row per unit of the tree, window or quarter, step, course and audience: how many are there.
-- A numerator of a few people, or of all, is told as a range.
-- class: aggregate
-- topic: learning
-- scope: grants
-- people: people_n
-- windows: marts.learning_tree
select t.ancestor_id as unit_id, t.node_name as unit_name, t.window_id, t.month, t.step, t.course_id, t.attribute, t.attribute_value,
  t.attribute_name, t.people_n, t.numerator, t.numerator_low, t.numerator_high, t.items, t.items_done, t.is_hidden
from marts.learning_tree t
where t.rowid >= $row_from and t.rowid < $row_to and t.view_name = $scope_view and ($course is null or t.course_id = $course)
