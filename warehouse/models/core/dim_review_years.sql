-- Grain: one fiscal year in which reviews are due, of the last four that the facts reach. month is its last month,
-- or that of the last day of the facts while it runs; the year is named by the calendar year in which it ends.
with starts as (
    select
        h.as_of_date,
        s.day::date as from_date
    from core.dim_horizon as h
    cross join core.dim_settings as d
    cross join unnest(generate_series(
        make_date(year(h.as_of_date) - 4, d.fiscal_year_start_month, 1),
        h.as_of_date,
        interval 1 year
    )) as s (day)
)

select
    year(from_date + interval 1 year - interval 1 day)                                        as fiscal_year,
    from_date,
    (from_date + interval 1 year)::date                                                       as to_date,
    date_trunc('month', least((from_date + interval 1 year - interval 1 day)::date, as_of_date))::date as month,
    from_date + interval 1 year - interval 1 day <= as_of_date                                as is_complete
from starts
qualify row_number() over (order by from_date desc) <= 4
