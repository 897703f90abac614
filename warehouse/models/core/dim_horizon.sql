-- Grain: one row, the last day that the facts reach. Models know no clock: rows of
-- the future are kept, and left out of everything that says "until now".
with known as (
    select max(recorded_at)::date as known_date
    from staging.employment
),

seen as (
    -- an observation of a month that is still open reaches its first day for sure
    select max(case when is_complete is false then period_start_date else last_day(period_start_date) end) as seen_date
    from staging.metric_observation

    union all

    select max(period_end_date)
    from staging.payroll_run
    where status = 'posted'
)

-- a feed of facts says how far the past goes; without one, the day of loading does
select least(coalesce(max(s.seen_date), max(k.known_date)), max(k.known_date)) as as_of_date
from seen as s
cross join known as k
