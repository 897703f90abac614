-- Page: /gaps. One row per critical title: whether two people or more of other titles are ready for it now.
-- topic: competency
-- class: aggregate
-- scope: company
-- people: people_n
select job_title_id, job_title_name, competencies, assessed_people, can_tell, is_covered, people_n, is_hidden
from marts.ready_titles
order by job_title_name, job_title_id
