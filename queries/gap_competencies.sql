-- Page: /gaps. One row per competency that is required now.
-- topic: competency
-- class: none
-- people: none
select competency_id, any_value(competency_name) as name, any_value(framework_id) as framework_id, any_value(framework_name) as framework_name,
  count(distinct job_title_id) as titles, count(*) as requirements
from marts.requirements
where is_current
group by competency_id
order by framework_name, name, competency_id
