-- Extract: certifications. One row per person and course that is asked of them today.
-- class: person
-- topic: learning
-- people: none
select p.person_id, p.course_id, p.course_name, p.course_version_id, p.unit_at_day as unit_id, p.state, p.proof_date, p.valid_until,
  p.is_certified
from marts.certification_people p
where $course is null or p.course_id = $course
order by p.person_id, p.course_id
