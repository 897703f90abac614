-- Grain: one month, from the first job on (ten years at most) to the horizon.
select
    s.month::date                                                       as month,
    (s.month + interval 1 month)::date                                  as next_month,
    (s.month + interval 1 month)::date - s.month::date                  as days,
    last_day(s.month::date) <= h.as_of_date                             as is_complete
from core.dim_horizon as h
cross join (select min(valid_from) as first_date from core.fct_jobs) as j
cross join unnest(generate_series(
    greatest(date_trunc('month', j.first_date), date_trunc('month', h.as_of_date) - interval 119 month),
    date_trunc('month', h.as_of_date),
    interval 1 month
)) as s (month)
