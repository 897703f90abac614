-- Extract: learning_results. One row per unit of the tree and course, or version of one: attempts of all times and how they ended.
-- class: aggregate
-- topic: learning
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.month, t.course_id, t.course_name, t.version_id, t.people_n, t.attempts, t.passed, t.completed,
  t.withdrawn, t.mean_score, t.is_hidden
from marts.learning_results t
where t.view_name = $scope_view and ($course is null or t.course_id = $course)
order by 1, 3, 5
