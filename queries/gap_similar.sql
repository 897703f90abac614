-- Page: /gaps. One row per other title, the twelve most alike first, and the one asked for by $with: the cosine between the
-- weights of what the two require everywhere.
-- topic: competency
-- class: none
-- people: none
with weights as (
  select job_title_id, any_value(job_title_name) as name, competency_id, max(weight) as weight
  from marts.requirements
  where is_current and holds_for = ''
  group by job_title_id, competency_id
),
lengths as (
  select job_title_id, any_value(name) as name, sqrt(sum(weight * weight)) as length, count(*) as competencies
  from weights
  group by job_title_id
),
products as (
  select o.job_title_id, sum(o.weight * t.weight) as product, count(*) as shared
  from weights as t
  inner join weights as o on t.competency_id = o.competency_id
  where t.job_title_id = $title and o.job_title_id <> $title
  group by o.job_title_id
)
select p.job_title_id, l.name, p.product / (l.length * t.length) as cosine, p.shared, l.competencies
from products as p
inner join lengths as l on p.job_title_id = l.job_title_id
inner join lengths as t on t.job_title_id = $title
qualify row_number() over (order by p.product / (l.length * t.length) desc, p.job_title_id) <= 12 or p.job_title_id = $with
order by cosine desc, p.job_title_id
