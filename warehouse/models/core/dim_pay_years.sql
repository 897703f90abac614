-- Grain: one yearly day of reference for what people are paid, the first day of a fiscal year, with the whole fiscal
-- year before it: of the last three that the facts reach. month is that of the day.
with starts as (
    select s.day::date as pay_date, f.first_month
    from core.dim_horizon as h
    cross join core.dim_settings as d
    cross join (select min(month) as first_month from core.dim_months) as f
    cross join unnest(generate_series(
        make_date(year(h.as_of_date) - 3, d.fiscal_year_start_month, 1),
        h.as_of_date,
        interval 1 year
    )) as s (day)
)

select
    pay_date,
    pay_date                             as month,
    (pay_date - interval 12 month)::date as from_date,
    pay_date                             as to_date,
    year(pay_date - 1)                   as fiscal_year
from starts
where pay_date >= first_month
qualify row_number() over (order by pay_date desc) <= 3
