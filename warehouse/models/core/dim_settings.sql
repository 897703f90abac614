-- Grain: one row, the settings that models obey, with their defaults.
select
    coalesce(max(upper(trim(value))) filter (key = 'base_currency'), 'EUR')                                as base_currency,
    coalesce(max(try_cast(value as integer)) filter (key = 'fiscal_year_start_month'), 1)                  as fiscal_year_start_month,
    case when max(lower(trim(value))) filter (key = 'fiscal_calendar') = '4-4-5' then '4-4-5' else 'months' end as fiscal_calendar,
    -- the floors of privacy can be raised, never lowered
    greatest(coalesce(max(try_cast(value as integer)) filter (key = 'min_people'), 5), 5)                  as min_people,
    greatest(coalesce(max(try_cast(value as integer)) filter (key = 'min_people_pay'), 10), 10)            as min_people_pay,
    greatest(coalesce(max(try_cast(value as integer)) filter (key = 'rehire_gap_days'), 31), 0)            as rehire_gap_days,
    greatest(coalesce(max(try_cast(value as double)) filter (key = 'reconciliation_tolerance'), 0.02), 0)  as reconciliation_tolerance
from staging.settings
