-- Grain: one window of the filter of periods, or one quarter of assignment (cohort), or the state
-- at the last day (now): from_date <= day < to_date, told as of the last day of it. month is the
-- reference month, whose last day says who worked where. Where no feed of facts and no HRIS says how far
-- the data reach, the day on which learning was loaded does.
with horizon as (
    select coalesce(
        (select as_of_date from core.dim_horizon),
        (select max(recorded_at)::date from staging.enrolment)
    ) as as_of_date
),

fiscal as (
    select
        h.as_of_date,
        date_trunc('month', h.as_of_date)::date                                                                              as this_month,
        (date_trunc('month', h.as_of_date) - ((month(h.as_of_date) - s.fiscal_year_start_month + 12) % 12) * interval 1 month)::date as year_start
    from horizon as h
    cross join core.dim_settings as s
    where h.as_of_date is not null
),

windows as (
    select 'fy' as window_id, year_start as from_date, as_of_date + 1 as to_date, as_of_date
    from fiscal

    union all

    select 'last-fy', (year_start - interval 1 year)::date, year_start, as_of_date
    from fiscal

    union all

    select 'rolling-12', (this_month - interval 11 month)::date, as_of_date + 1, as_of_date
    from fiscal

    union all

    select 'now', date '1900-01-01', as_of_date + 1, as_of_date
    from fiscal

    union all

    select
        'cohort',
        q.quarter::date,
        least((q.quarter + interval 3 month)::date, f.as_of_date + 1),
        f.as_of_date
    from fiscal as f
    cross join unnest(generate_series(date_trunc('quarter', f.as_of_date) - interval 33 month, date_trunc('quarter', f.as_of_date), interval 3 month)) as q (quarter)
)

select
    window_id,
    from_date,
    to_date,
    date_trunc('month', to_date - 1)::date  as month,
    to_date - 1                             as reference_date,
    to_date - greatest(from_date, date '1900-01-02') as days,
    -- how a cohort went is told as of today, not as of its last day
    case when window_id = 'cohort' then as_of_date else to_date - 1 end as state_date
from windows
