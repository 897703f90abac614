-- Page: /learning. One row per course: what it is called and what it is for.
-- topic: learning
-- class: none
-- people: none
-- scope: everyone
select course_id, name, purpose, modality, kind, duration_hours, is_customer_led, has_rule
from marts.courses
order by name, course_id
