-- Grain: one payee and month in which pay was earned. Drafts and reversed
-- runs do not count, nor do lines that reverse a line of a reversed run. Gross is
-- what is neither a deduction nor the employer's cost. Amounts are in the base currency
-- at the rate of the pay date, without the lines that have no rate (counted).
-- dim_payees says who a payee is: numbers, because there are millions of rows.
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

undone as materialized (
    select l.source, l.payroll_line_id
    from staging.payroll_line as l
    inner join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    where r.status = 'reversed'
),

lines as not materialized (
    select
        -- an identifier is a person's only while it was theirs
        case when r.pay_date >= i.valid_from and r.pay_date < i.valid_to then i.payee_number else i.identifier_number end as payee_number,
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
    select payee_number, month, currency, pay_date, is_on_cost, amount::double as amount, paid_hours
    from lines
    where earned_to_date is null or earned_from_date is null or earned_to_date <= last_day(earned_from_date)

    union all

    select
        l.payee_number,
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
    p.payee_number,
    p.month,
    -- without a rate an amount still says that somebody was paid
    coalesce(sum(p.paid_amount * coalesce(p.rate, 1)) > 0, false)   as is_paid,
    sum(p.paid_amount * p.rate)                                     as gross_amount,
    sum(p.on_cost_amount * p.rate)                                  as on_cost_amount,
    sum(p.paid_hours)                                               as paid_hours,
    count(*) - count(p.rate)                                        as missing_rate_lines
from (
    select
        w.payee_number,
        w.month,
        case when not w.is_on_cost then w.amount end                        as paid_amount,
        case when w.is_on_cost then w.amount end                            as on_cost_amount,
        case when not w.is_on_cost then w.paid_hours end                    as paid_hours,
        case when w.currency = s.base_currency then 1 else f.rate end       as rate
    from spread as w
    cross join core.dim_settings as s
    left join core.fct_fx_daily as f on w.currency = f.currency and w.pay_date = f.day
) as p
group by p.payee_number, p.month
