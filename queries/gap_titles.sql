-- Page: /gaps. One row per title that something is required of now.
-- topic: competency
-- class: none
-- people: none
select job_title_id, any_value(job_title_name) as name, any_value(family) as family, bool_or(is_critical) as is_critical,
  count(distinct competency_id) as competencies, count(*) as requirements, count(*) filter (required_share > 1 or required_share < 0) as off_scale,
  count(*) filter (required_share is null) as no_scale, count(*) filter (goal_id is not null) as of_goals
from marts.requirements
where is_current
group by job_title_id
order by name, job_title_id
