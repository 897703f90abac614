-- Page: /learning. One row per step and course ('' is all) of the unit asked for: of so many people and assignments,
-- how many are there; window_id now is the state of the last day.
-- topic: learning
-- class: aggregate
-- people: people_n
select window_id, step, course_id, people_n, numerator, numerator_low, numerator_high, items, items_done, is_range, is_hidden
from marts.learning_tree
where view_name = $scope_view and ancestor_id = $scope_unit and attribute = '' and window_id in ($window, 'now')
order by window_id, step, course_id
