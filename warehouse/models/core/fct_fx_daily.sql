-- Grain: one currency and day, from its first rate to a year after its last, with
-- the rate into the base currency. The rate of a day is the latest daily one up to
-- a month old, else the month's average, else an older daily one. A day that is not
-- here has no rate: what is paid then has no amount in the base currency.
with base as (
    select max(base_currency) as currency
    from core.dim_settings
),

rates as (
    select upper(r.currency) as currency, r.kind, r.rate_date, arg_max(r.rate, (-coalesce(s.position, 1000000), r.source)) as rate
    from staging.fx_rate as r
    inner join base as b on upper(r.base_currency) = b.currency
    left join core.dim_sources as s on r.source = s.source
    where r.kind in ('daily', 'monthly_average') and r.rate > 0 and upper(r.currency) <> b.currency
    group by upper(r.currency), r.kind, r.rate_date
),

daily as (
    select currency, rate_date, rate, coalesce(lead(rate_date) over (partition by currency order by rate_date), rate_date + 400) as next_date
    from rates
    where kind = 'daily'
),

filled as (
    select d.currency, s.day::date as day, d.rate, s.day::date - d.rate_date as age
    from daily as d
    cross join unnest(generate_series(d.rate_date, least(d.next_date, d.rate_date + 400) - 1, interval 1 day)) as s (day)
),

averaged as (
    select r.currency, s.day::date as day, r.rate
    from rates as r
    cross join unnest(generate_series(date_trunc('month', r.rate_date), last_day(r.rate_date), interval 1 day)) as s (day)
    where r.kind = 'monthly_average'
)

select
    coalesce(f.currency, a.currency)                                             as currency,
    coalesce(f.day, a.day)                                                       as day,
    case when f.age <= 31 then f.rate else coalesce(a.rate, f.rate) end          as rate,
    case when f.age <= 31 or a.rate is null then 'daily' else 'month average' end as basis
from filled as f
full outer join averaged as a on f.currency = a.currency and f.day = a.day
