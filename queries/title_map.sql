-- Page: /workforce. One row per spelling of a job title: the canonical title behind it, and whether somebody approved that.
-- topic: workforce
-- class: none
-- people: none
select raw_title, job_title_id, title_name, family, is_approved, mapped_date, basis, is_used
from marts.title_map
order by title_name nulls first, raw_title
