-- Extract: programme_steps. One row per unit of the tree, course and step of its chain.
-- class: aggregate
-- topic: learning
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.course_id, t.step, t.people_n, t.done, t.done_low, t.done_high, t.pairs, t.before_level, t.change_level, t.change_variance,
  t.before_deviation, t.is_hidden
from marts.programme_steps t
where t.view_name = $scope_view and ($course is null or t.course_id = $course)
order by 1, 2, 3
