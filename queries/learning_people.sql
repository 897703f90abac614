-- Page: /learning/people. One row per attempt of one person at one course: of those assigned in a window, or of all, the
-- ones in the state asked for, as of its last day; the longest overdue first.
-- topic: learning
-- class: person
-- people: none
with told as (
  select *, coalesce(done_date <= $until::date, is_completed and done_date is null) as is_done,
    is_withdrawn and coalesce(withdrawn_date <= $until::date, true) as is_off,
    coalesce(left_date <= $until::date and left_date <= coalesce(due_date, $until::date), false) as is_left
  from marts.learning_people
  where ($course = '' or course_id = $course) and ($version = '' or course_version_id = $version)
    and ($from::date is null or is_assigned and assigned_date >= $from::date and assigned_date < $to::date)
    and ($attribute = '' or $value = case $attribute when 'title' then title_at_day when 'location' then location_at_day else type_at_day end)
)
select person_id, course_name, course_version_id, unit_at_day, origin, assigned_date, assigned_basis, due_date,
  started_date, done_date, is_exempt, is_withdrawn, is_overdue, days_overdue
from told
where case $state
  when 'all' then true
  when 'overdue' then is_overdue
  when 'open' then done_date is null and not is_exempt and not is_withdrawn
  when 'counted' then not is_exempt and (is_done or not is_off and not is_left)
  when 'started' then not is_exempt and (is_done or started_date <= $until::date and not is_off and not is_left)
  when 'done' then is_done and not is_exempt
  when 'assessed' then is_done and is_assessed and not is_exempt
  when 'withdrawn' then is_off and not is_done
  when 'exempt' then is_exempt
  when 'left' then is_left and not is_done and not is_off and not is_exempt
  when 'first-seen' then assigned_basis = 'first_seen'
  when 'active' then started_date > $until::date - 90 or done_date > $until::date - 90
end and ($days::bigint is null or done_date - assigned_date = $days::bigint and is_done)
order by is_overdue desc, due_date, person_id, enrolment_id
limit 501
