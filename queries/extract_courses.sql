-- Extract: courses. One row per course that is known or was taken.
-- class: none
-- topic: learning
-- people: none
-- scope: everyone
select c.course_id, c.name, c.purpose, c.modality, c.kind, c.duration_hours::double as duration_hours, c.is_customer_led, c.has_rule
from marts.courses c
where $course is null or c.course_id = $course
order by c.course_id
