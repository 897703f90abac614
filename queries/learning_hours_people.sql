-- Page: /learning/people. One row per attempt of one person that took hours in the days asked for, by what it was for and how it
-- was learned; the most hours first.
-- topic: learning
-- class: person
-- people: none
select person_id, course_name, hours_date, hours, purpose, modality, kind, is_aligned, unit_at_day
from marts.learning_hours_people
where hours > 0 and hours_date >= $from::date and hours_date < $to::date and ($course = '' or course_id = $course)
  and ($purpose = '' or purpose = $purpose) and ($modality = '' or modality = $modality) and ($kind = '' or kind = $kind)
  and ($frontline = '' or is_frontline_at_day = ($frontline = 'yes'))
  and ($attribute = '' or $value = case $attribute when 'title' then title_at_day when 'location' then location_at_day else type_at_day end)
order by hours desc, hours_date desc, person_id, course_name
limit 501
