-- Page: /programmes. One row per course and step of its chain in the unit asked for: people and how many of them are there; of ratings the level before and the change.
-- topic: learning
-- class: aggregate
-- people: people_n
select course_id, step, people_n, done, done_low, done_high, pairs, before_level, change_level, change_variance, before_deviation, is_hidden
from marts.programme_steps
where view_name = $scope_view and ancestor_id = $scope_unit
order by course_id, step
