-- Grain: one employee on one of the days of core.fct_gap_dates, where their primary job is.
select d.day, j.person_id, j.unit_id, coalesce(j.job_title_id, '') as job_title_id
from core.fct_gap_dates as d
inner join core.fct_jobs as j on j.valid_from <= d.day and d.day < j.valid_to
where j.is_primary and j.is_employee
