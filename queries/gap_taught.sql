-- Page: /gaps. One row per competency and course that teaches it.
-- topic: competency
-- class: none
-- people: none
select competency_id, course_id, course_name
from marts.competency_courses
order by competency_id, course_name
