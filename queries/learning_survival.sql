-- Page: /learning. One row per step of days since the assignment: how many assignments were completed by then, and how many
-- were no longer followed; in order of days.
-- topic: learning
-- class: aggregate
-- people: people_n
select days, completed, censored, people_n, is_hidden
from marts.learning_survival
where view_name = $scope_view and ancestor_id = $scope_unit and window_id = $window and course_id = $course
order by days
