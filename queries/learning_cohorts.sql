-- Page: /learning. One row per quarter of assignment in the unit asked for: how much of it is completed today; quarters in order.
-- topic: learning
-- class: aggregate
-- people: people_n
select month, people_n, numerator, items, items_done, is_hidden
from marts.learning_tree
where view_name = $scope_view and ancestor_id = $scope_unit and attribute = '' and course_id = '' and window_id = 'cohort' and step = 'completed'
order by month
