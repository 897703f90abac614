-- Grain: one payee, month in which pay was earned, and currency. Drafts and reversed
-- runs do not count, nor do lines that reverse a line of a reversed run. Gross is
-- what is neither a deduction nor the employer's cost. *_base_amount is in the base
-- currency at the rate of the pay date, without the lines that have no rate (counted).
with runs as (
    select
        source,
        payroll_run_id,
        coalesce(legal_entity, '*')     as legal_entity,
        period_start_date,
        coalesce(pay_date, period_end_date) as pay_date
    from staging.payroll_run
    where status = 'posted'
),

undone as (
    select l.source, l.payroll_line_id
    from staging.payroll_line as l
    inner join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    where r.status = 'reversed'
),

lines as (
    select
        i.key_id                                                                       as payee_id,
        case when r.pay_date >= i.valid_from and r.pay_date < i.valid_to then i.person_id end as person_id,
        date_trunc('month', coalesce(l.earned_from_date, r.period_start_date))::date   as month,
        upper(l.currency)                                                              as currency,
        r.pay_date,
        coalesce(l.is_employer_cost, false) or l.element = 'employer_cost'             as is_on_cost,
        l.amount,
        l.paid_hours,
        l.earned_from_date,
        l.earned_to_date
    from staging.payroll_line as l
    inner join runs as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    inner join core.fct_payee_ids as i on l.source = i.source and r.legal_entity = i.legal_entity and l.person_id = i.value
    where
        (l.element <> 'deduction' or coalesce(l.is_employer_cost, false))
        and (
            l.reverses_line_id is null
            or (l.source, l.reverses_line_id) not in (select source, payroll_line_id from undone)
        )
),

-- a line that is earned in several months is spread over their days
spread as (
    select payee_id, person_id, month, currency, pay_date, is_on_cost, amount::double as amount, paid_hours
    from lines
    where earned_to_date is null or earned_from_date is null or earned_to_date <= last_day(earned_from_date)

    union all

    select
        l.payee_id,
        l.person_id,
        s.month::date,
        l.currency,
        l.pay_date,
        l.is_on_cost,
        l.amount * days.share,
        l.paid_hours * days.share
    from lines as l
    cross join unnest(generate_series(date_trunc('month', l.earned_from_date), l.earned_to_date, interval 1 month)) as s (month)
    cross join lateral (
        select
            (least(l.earned_to_date, last_day(s.month::date)) - greatest(l.earned_from_date, s.month::date) + 1)
            / (l.earned_to_date - l.earned_from_date + 1)::double as share
    ) as days
    where l.earned_to_date > last_day(l.earned_from_date)
)

select
    p.payee_id,
    p.person_id,
    p.month,
    p.currency,
    sum(p.amount) filter (where not p.is_on_cost)                                       as gross_amount,
    sum(p.amount) filter (where p.is_on_cost)                                           as on_cost_amount,
    sum(p.amount * case when p.currency = s.base_currency then 1 else f.rate end) filter (where not p.is_on_cost) as gross_base_amount,
    sum(p.amount * case when p.currency = s.base_currency then 1 else f.rate end) filter (where p.is_on_cost)     as on_cost_base_amount,
    sum(p.paid_hours) filter (where not p.is_on_cost)                                   as paid_hours,
    count(*) filter (where p.currency is distinct from s.base_currency and f.rate is null) as missing_rate_lines
from spread as p
cross join core.dim_settings as s
left join core.fct_fx_daily as f on p.currency = f.currency and p.pay_date = f.day
group by p.payee_id, p.person_id, p.month, p.currency
