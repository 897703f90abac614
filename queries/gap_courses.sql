-- Page: /gaps. One row per competency and course on it, of the whole company: what completing it did to the manager's rating.
-- topic: competency
-- class: aggregate
-- scope: everyone
-- people: people_n
select competency_id, course_id, course_name, trained_people, compared_people, trained_n, compared_n, strata,
  trained_change, compared_change, design, effect, low, high, adjusted_p, mde, people_n, is_hidden
from marts.gap_courses
order by competency_id, effect desc nulls last, course_id
