-- Page: /workforce/titles. One row per spelling of a job title that somebody approved, with who it was.
-- topic: workforce
-- class: person
-- people: none
select person_id, raw_title, title_name, mapped_date
from marts.title_approvals
where person_id in (select person_id from scoped_people)
order by title_name, raw_title
