-- Grain: one employee and yearly day of reference: full-time base pay a year and the midpoint of the band, in the base
-- currency at the rate of that day; NULL where there is no rate, no pay or no band. Weekly hours of a full time turn
-- pay by the hour, day or week into a year: 52 weeks, 5 days, 40 hours.
with settings as (
    select max(base_currency) as base_currency
    from core.dim_settings
),

jobs as (
    select y.month, y.pay_date, j.person_id, j.employment_id, j.unit_id, j.job_title_id, j.location, j.pay_band_id
    from core.fct_jobs as j
    inner join core.dim_pay_years as y on j.valid_from <= y.pay_date and j.valid_to > y.pay_date
    where j.is_primary and j.is_employee
),

paid as (
    select
        y.month,
        c.employment_id,
        upper(c.currency) as currency,
        c.base_amount::double / coalesce(nullif(c.fte_basis, 0), 1)
        * case c.per when 'hour' then 2080 when 'day' then 260 when 'week' then 52 when 'fortnight' then 26 when 'month' then 12 else 1 end as amount
    from staging.compensation as c
    inner join core.dim_pay_years as y on coalesce(c.valid_from, date '1900-01-01') <= y.pay_date and coalesce(c.valid_to > y.pay_date, true)
    left join core.dim_sources as s on c.source = s.source
    qualify row_number() over (partition by y.month, c.employment_id order by coalesce(s.position, 1000000), c.source, c.valid_from desc) = 1
),

bands as (
    select
        y.month,
        b.pay_band_id,
        upper(b.currency)         as currency,
        b.midpoint_amount::double as midpoint_amount
    from staging.pay_band as b
    inner join core.dim_pay_years as y on coalesce(b.valid_from, date '1900-01-01') <= y.pay_date and coalesce(b.valid_to > y.pay_date, true)
    left join core.dim_sources as s on b.source = s.source
    qualify row_number() over (partition by y.month, b.pay_band_id order by coalesce(s.position, 1000000), b.source, b.valid_from desc) = 1
),

rates as (
    select f.currency, y.month, f.rate
    from core.fct_fx_daily as f
    inner join core.dim_pay_years as y on f.day = y.pay_date

    union all

    select s.base_currency, y.month, 1
    from settings as s
    cross join core.dim_pay_years as y
)

select
    j.month,
    j.person_id,
    j.employment_id,
    j.unit_id,
    coalesce(j.job_title_id, '(no title)')  as job_title_id,
    coalesce(j.location, '(no place)')      as location,
    p.amount * r.rate                       as pay_amount,
    b.midpoint_amount * m.rate              as midpoint_amount,
    p.amount is not null                    as has_pay,
    b.midpoint_amount is not null           as has_band,
    p.amount is not null and r.rate is null as is_rate_missing
from jobs as j
left join paid as p on j.month = p.month and j.employment_id = p.employment_id
left join rates as r on p.month = r.month and p.currency = r.currency
left join bands as b on j.month = b.month and j.pay_band_id = b.pay_band_id
left join rates as m on b.month = m.month and b.currency = m.currency
