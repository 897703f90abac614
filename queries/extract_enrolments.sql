-- Extract: enrolments. One row per attempt of one person at one course.
-- class: person
-- topic: learning
-- people: none
select p.person_id, p.enrolment_id, p.course_id, p.course_name, p.course_version_id, p.unit_at_day as unit_id, p.origin, p.assigned_date,
  p.assigned_basis, p.due_date, p.started_date, p.done_date, p.is_exempt, p.is_withdrawn, p.is_overdue
from marts.learning_people p
where $course is null or p.course_id = $course
order by p.person_id, p.enrolment_id
