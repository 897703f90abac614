-- Extract: programme_steps. One row per course and step of its chain.
-- class: aggregate
-- topic: learning
-- scope: company
-- people: people_n
select course_id, step, people_n, done, done_low, done_high, pairs, before_level, change_level, change_variance, before_deviation, is_hidden
from marts.programme_steps
where $course is null or course_id = $course
order by course_id, step
