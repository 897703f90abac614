-- Extract: gap_training. One row per competency and course on it, of the whole company: what completing it did to the manager's rating.
-- class: aggregate
-- topic: competency
-- scope: everyone
-- people: people_n
select competency_id, course_id, course_name, trained_people, compared_people, trained_n, compared_n, strata, trained_change, compared_change, effect, std_error,
  df::bigint as df, low, high, adjusted_p, design, people_n, is_hidden
from marts.gap_courses
where $course is null or course_id = $course
order by competency_id, course_id
