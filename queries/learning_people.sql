-- Page: /learning/people. One row per attempt of one person at one course; the longest overdue first.
-- topic: learning
-- class: person
-- people: none
select person_id, course_name, course_version_id, unit_at_day, origin, assigned_date, assigned_basis, due_date,
  started_date, done_date, is_exempt, is_withdrawn, is_overdue, is_on_leave, days_overdue
from marts.learning_people
where ($course = '' or course_id = $course)
  and ($attribute = '' or $value = case $attribute when 'title' then title_at_day when 'location' then location_at_day else type_at_day end)
  and ($state = 'all' or $state = 'overdue' and is_overdue or $state = 'open' and done_date is null and not is_exempt and not is_withdrawn
    or $state = 'done' and done_date is not null or $state = 'first-seen' and assigned_basis = 'first_seen')
order by is_overdue desc, due_date, person_id, enrolment_id
limit 501
