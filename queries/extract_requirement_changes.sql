-- Extract: requirement_changes. One row per job title.
-- class: none
-- topic: competency
-- people: none
select job_title_id, requirements, new_requirements, changed_requirements, withdrawn_requirements
from marts.requirement_changes
order by job_title_id
