-- Page: /programmes. One row per step of days since completion of a course: how many were first seen to apply it then, and how many were no longer followed.
-- topic: learning
-- class: aggregate
-- scope: company
-- people: people_n
select days, applied, censored, people_n, is_hidden
from marts.programme_waits
where course_id = $course
order by days
