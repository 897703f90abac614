-- Grain: one year of twelve whole months that numbers of the workforce are told of: the one that ends with the
-- last complete month, and the two before it. Years do not overlap, so that no difference of two tells of few.
-- month is the last month of the year.
with ends as (
    select month, next_month, max(month) over () as last_month
    from core.dim_months
    where is_complete
),

firsts as (
    select min(month) as month
    from core.dim_months
)

select
    e.month,
    (e.month - interval 11 month)::date as from_date,
    e.next_month                        as to_date,
    e.month = e.last_month              as is_latest
from ends as e
cross join firsts as f
where e.month in (e.last_month, e.last_month - interval 12 month, e.last_month - interval 24 month) and e.month - interval 11 month >= f.month
