-- Extract: ready_titles. One row per critical job title.
-- class: aggregate
-- topic: competency
-- scope: company
-- people: people_n
select job_title_id, job_title_name, competencies, assessed_people, can_tell, is_covered, people_n, is_hidden
from marts.ready_titles
order by job_title_id
