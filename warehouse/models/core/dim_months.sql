-- Grain: one month, from the first job on (ten years at most) to the horizon. A year
-- without any leaver before the first one means that leavers were not kept: months
-- before that year would count only those who stayed, and are left out.
with firsts as (
    select
        (select min(valid_from) from core.fct_jobs)                                                     as job_date,
        (select date_trunc('month', min(term_date) - 1) - interval 11 month from core.fct_employments)  as leaver_month
)

select
    s.month::date                                           as month,
    (s.month + interval 1 month)::date                      as next_month,
    (s.month + interval 1 month)::date - s.month::date      as days,
    last_day(s.month::date) <= h.as_of_date                 as is_complete
from core.dim_horizon as h
cross join firsts as f
cross join unnest(generate_series(
    greatest(
        date_trunc('month', f.job_date),
        coalesce(f.leaver_month, date_trunc('month', f.job_date)),
        date_trunc('month', h.as_of_date) - interval 119 month
    ),
    date_trunc('month', h.as_of_date),
    interval 1 month
)) as s (month)
