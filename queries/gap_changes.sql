-- Page: /gaps. One row per title: its requirements, and what of them changed in the 12 months to the last day of the data.
-- topic: competency
-- class: none
-- people: none
select job_title_id, requirements, new_requirements, changed_requirements, withdrawn_requirements
from marts.requirement_changes
order by job_title_id
