-- Grain: one day on which people's levels are compared with what is required: the horizon, the
-- quarter ends of the three years before it (is_reference, by month), and the ends of the
-- stretches that are explained. Those of the last 12 months are told by title (is_detailed).
with months as (
    select m.month, least(last_day(m.month), h.as_of_date) as day, m.month = date_trunc('month', h.as_of_date) as is_latest,
        m.month > h.as_of_date - interval 12 month as is_detailed
    from core.dim_months as m
    cross join core.dim_horizon as h
    where
        m.month = date_trunc('month', h.as_of_date)
        or (month(m.month) % 3 = 0 and m.month >= date_trunc('month', h.as_of_date) - interval 36 month)
)

select
    day,
    max(month)                    as month,
    bool_or(is_latest)            as is_latest,
    bool_or(is_detailed)          as is_detailed,
    bool_or(month is not null)    as is_reference
from (
    select day, month, is_latest, is_detailed
    from months

    union all

    select open_date, null, false, false
    from core.fct_gap_launches

    union all

    select close_date, null, false, false
    from core.fct_gap_launches
)
group by day
