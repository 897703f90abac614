-- Page: /learning/people. One row per person and course that is asked of them today, with the proof; what is missing first.
-- topic: learning
-- class: person
-- people: none
select person_id, course_name, course_version_id, proof_date, valid_until, is_certified, unit_at_day, state
from marts.certification_people
where ($course = '' or course_id = $course)
  and case $state when 'all' then true when 'asked' then state <> 'not yet due'
    when 'held' then state in ('valid', 'ends within 90 days')
    when 'ends within 30 days' then state = 'ends within 90 days' and valid_until <= $as_of::date + 30
    when 'ends within 60 days' then state = 'ends within 90 days' and valid_until <= $as_of::date + 60
    else state = $state end
  and ($attribute = '' or $value = case $attribute when 'title' then title_at_day when 'location' then location_at_day else type_at_day end)
order by valid_until nulls first, person_id, course_id
limit 501
