-- Grain: one row, the last day that the facts reach. Models know no clock: rows of
-- the future are kept, and left out of everything that says "until now".
with loaded as (
    select max(recorded_at)::date as loaded_date, 1 as rank
    from staging.employment

    -- a company whose HRIS is not a source: what else is loaded says when
    union all
    select max(recorded_at)::date, 2 from staging.enrolment
    union all
    select max(recorded_at)::date, 2 from staging.goal
    union all
    select max(recorded_at)::date, 2 from staging.assessment
    union all
    select max(recorded_at)::date, 2 from staging.review
    union all
    select max(recorded_at)::date, 2 from staging.learning_cost
    union all
    select max(recorded_at)::date, 2 from staging.metric_observation
),

known as (
    select max(loaded_date) filter (where rank = 1) as hris_date, max(loaded_date) as known_date
    from loaded
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
select least(coalesce(max(s.seen_date), max(k.hris_date), max(k.known_date)), max(k.hris_date)) as as_of_date
from seen as s
cross join known as k
