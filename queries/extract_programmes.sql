-- Extract: programmes. One row per course that people completed.
-- class: aggregate
-- topic: learning
-- scope: company
-- people: people_n
select course_id, name, purpose, tactic_id, reaction_people, reaction_mean, application_people, application_positive, recent_version,
  earlier_version, is_comparable, has_same_assessment, people_n, is_hidden
from marts.programmes
where $course is null or course_id = $course
order by course_id
