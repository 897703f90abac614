-- Extract: learning_survival. One row per unit with all below it, window, course and step of days since assignment.
-- class: aggregate
-- topic: learning
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.window_id, t.month, t.course_id, t.days, t.completed, t.censored, t.people_n, t.is_hidden
from marts.learning_survival t
where t.view_name = $scope_view and ($course is null or t.course_id = $course)
order by 1, 2, 4, 5
