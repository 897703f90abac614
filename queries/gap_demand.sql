-- Page: /gaps. One row per title of the whole company: heads, those who left in the year before, and heads planned ahead.
-- topic: competency
-- class: aggregate
-- scope: company
-- people: people_n
select job_title_id, job_title_name, heads, exits, person_years, planned_6, planned_12, planned_24, has_plan_12, has_plan_24, people_n, is_hidden
from marts.title_demand
order by job_title_name, job_title_id
