-- Extract: title_map. One row per spelling of a job title.
-- class: none
-- topic: workforce
-- people: none
select raw_title, job_title_id, title_name, family, is_approved, mapped_date, basis, is_used
from marts.title_map
order by raw_title
