-- Every amount in another currency has a rate of its day; without one it is left out of sums.
-- severity: error
with amounts as (
    select 'learning_cost' as stream, stated_currency as currency, cost_date as day, count(*) as lines
    from core.fct_learning_costs
    where is_rate_missing and stated_currency is not null
    group by stated_currency, cost_date

    union all

    select 'payroll_line', upper(l.currency), coalesce(r.pay_date, r.period_end_date), count(*)
    from staging.payroll_line as l
    inner join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    cross join core.dim_settings as s
    where r.status = 'posted' and upper(l.currency) <> s.base_currency
    group by upper(l.currency), coalesce(r.pay_date, r.period_end_date)

    union all

    select 'tactic', t.currency, coalesce(t.approved_date, t.launch_date), count(*)
    from core.dim_tactics as t
    cross join core.dim_settings as s
    where t.planned_cost_amount is not null and t.currency <> s.base_currency
    group by t.currency, coalesce(t.approved_date, t.launch_date)
)

select format(
    '{}: {} amounts in {} have no rate into {}, from {} to {}: load fx_rate for these days',
    a.stream, sum(a.lines)::bigint, a.currency, any_value(s.base_currency), min(a.day)::varchar, max(a.day)::varchar
) as message
from amounts as a
cross join core.dim_settings as s
left join core.fct_fx_daily as f on a.currency = f.currency and a.day = f.day
where f.rate is null
group by a.stream, a.currency
