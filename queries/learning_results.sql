-- Page: /learning. One row per course, or version of one, in the unit asked for: learners and attempts of all times and how they ended.
-- topic: learning
-- class: aggregate
-- people: people_n
select course_id, course_name, version_id, people_n, attempts, passed, completed, withdrawn, mean_score, is_hidden
from marts.learning_results
where view_name = $scope_view and ancestor_id = $scope_unit
order by course_name, course_id, version_id
