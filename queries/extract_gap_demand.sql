-- Extract: gap_demand. One row per job title of the whole company.
-- class: aggregate
-- topic: competency
-- scope: company
-- people: people_n
select job_title_id, job_title_name, heads, exits, person_years, planned_6, planned_12, planned_24, has_plan_12, has_plan_24, people_n, is_hidden
from marts.title_demand
order by job_title_id
