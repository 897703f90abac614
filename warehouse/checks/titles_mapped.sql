-- Every title that people hold has a canonical one.
-- severity: warning
select format('job: {} spellings of titles have no canonical title, such as "{}"', count(distinct raw_title), min(raw_title)) as message
from core.fct_jobs
where job_title_id is null and raw_title is not null
having count(*) > 0
