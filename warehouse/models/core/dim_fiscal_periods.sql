-- Grain: one period of one fiscal calendar: as a source delivers it, and the company's own,
-- generated from the settings: months, or 4, 4 and 5 weeks from the Monday nearest to the
-- first day of the year's first month, with a 53rd week where the next year starts later.
-- week_53_date is the first day of that week: comparisons leave it out.
with bounds as (
    select
        coalesce(min(g.start_date), max(h.as_of_date)) as first_date,
        max(h.as_of_date)                              as as_of_date
    from core.dim_horizon as h
    left join core.fct_goals as g on g.start_date > h.as_of_date - interval 10 year
),

starts as (
    select
        y.year                                                        as start_year,
        s.fiscal_calendar,
        make_date(y.year::integer, s.fiscal_year_start_month, 1)      as first_day,
        -- named by the year in which it ends
        case when s.fiscal_year_start_month = 1 then y.year else y.year + 1 end as fiscal_year
    from bounds as b
    cross join core.dim_settings as s
    cross join unnest(generate_series(year(b.first_date) - 1, year(b.as_of_date) + 4)) as y (year)
    where b.as_of_date is not null
),

years as (
    select
        fiscal_year,
        fiscal_calendar,
        start_date,
        lead(start_date) over (order by start_date) as next_date
    from (
        select
            fiscal_year,
            fiscal_calendar,
            case
                when fiscal_calendar <> '4-4-5' then first_day
                -- Monday is 1: up to Thursday the one before, from Friday the one after
                when isodow(first_day) <= 4 then first_day - (isodow(first_day) - 1)::integer
                else first_day + (8 - isodow(first_day))::integer
            end as start_date
        from starts
    )
),

generated as (
    select
        'company'          as calendar,
        y.fiscal_year,
        p.period,
        case
            when y.fiscal_calendar = '4-4-5' then y.start_date + 7 * ((p.period - 1) // 3 * 13 + [0, 4, 8][(p.period - 1) % 3 + 1])::integer
            else (y.start_date + to_months((p.period - 1)::integer))::date
        end                as start_date,
        case
            when p.period = 12 then y.next_date
            when y.fiscal_calendar = '4-4-5' then y.start_date + 7 * ((p.period - 1) // 3 * 13 + [4, 8, 13][(p.period - 1) % 3 + 1])::integer
            else (y.start_date + to_months(p.period::integer))::date
        end                as end_date,
        y.fiscal_calendar = '4-4-5' and p.period = 12 and y.next_date - y.start_date > 364 as has_week_53,
        y.fiscal_calendar  as basis
    from years as y
    cross join unnest(generate_series(1, 12)) as p (period)
    where y.next_date is not null
),

loaded as (
    select f.calendar, f.fiscal_year, f.period, f.start_date, f.end_date, coalesce(f.has_week_53, false) as has_week_53
    from staging.fiscal_period as f
    left join core.dim_sources as s on f.source = s.source
    qualify row_number() over (partition by f.calendar, f.fiscal_year, f.period order by coalesce(s.position, 1000000), f.source) = 1
)

select
    calendar,
    fiscal_year,
    period,
    least((period + 2) // 3, 4)                        as quarter,
    case when period <= 6 then 1 else 2 end            as half,
    start_date,
    end_date,
    has_week_53,
    case when has_week_53 then (end_date - 7)::date end as week_53_date,
    basis
from (
    select calendar, fiscal_year, period, start_date, end_date, has_week_53, 'loaded' as basis
    from loaded

    union all

    select calendar, fiscal_year, period, start_date, end_date, has_week_53, basis
    from generated
    where calendar not in (select calendar from loaded)
)
