-- Grain: one period of one fiscal calendar; the company's own is the default unless one is loaded.
select
    calendar,
    fiscal_year,
    period,
    quarter,
    half,
    start_date,
    end_date,
    has_week_53,
    week_53_date,
    basis,
    calendar = (select min_by(calendar, (basis <> 'loaded')::integer::varchar || calendar) from core.dim_fiscal_periods) as is_default
from core.dim_fiscal_periods
