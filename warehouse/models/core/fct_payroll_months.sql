-- Grain: one payee and month in which pay was earned. Drafts and reversed
-- runs do not count, nor do lines that reverse a line of a reversed run. Gross is
-- what is neither a deduction nor the employer's cost. Amounts are in the base currency
-- at the rate of the pay date, without the lines that have no rate (counted).
-- dim_payees says who a payee is: numbers, because there are millions of rows.
--
-- The small steps are materialized: inside a build DuckDB has no statistics of the
-- tables that this same build made, and would else build hash tables of all pay lines.
with runs as materialized (
    select
        source,
        payroll_run_id,
        coalesce(legal_entity, '*')         as legal_entity,
        period_start_date,
        coalesce(pay_date, period_end_date) as pay_date
    from staging.payroll_run
    where status = 'posted'
),

rates as materialized (
    select r.source, r.payroll_run_id, f.currency, f.rate
    from runs as r
    inner join core.fct_fx_daily as f on r.pay_date = f.day

    union all

    select r.source, r.payroll_run_id, s.base_currency, 1
    from runs as r
    cross join core.dim_settings as s
),

undone as materialized (
    select l.source, l.payroll_line_id
    from staging.payroll_line as l
    inner join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    where r.status = 'reversed'
),

lines as not materialized (
    select
        l.source,
        r.legal_entity,
        l.person_id                                                                    as value,
        r.pay_date,
        coalesce(l.earned_from_date, r.period_start_date)                              as earned_from_date,
        case when l.earned_to_date > last_day(l.earned_from_date) then l.earned_to_date end as later_to_date,
        coalesce(l.is_employer_cost, false) or l.element = 'employer_cost'             as is_on_cost,
        l.amount::double                                                               as amount,
        f.rate,
        l.paid_hours
    from staging.payroll_line as l
    inner join runs as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    left join rates as f on l.source = f.source and l.payroll_run_id = f.payroll_run_id and upper(l.currency) = f.currency
    where
        (l.element <> 'deduction' or coalesce(l.is_employer_cost, false))
        and (
            l.reverses_line_id is null
            or (l.source, l.reverses_line_id) not in (select source, payroll_line_id from undone)
        )
),

-- a line that is earned in several months is spread over their days
spread as (
    select source, legal_entity, value, pay_date, date_trunc('month', earned_from_date) as month, is_on_cost, amount, rate, paid_hours
    from lines
    where later_to_date is null

    union all

    select
        l.source,
        l.legal_entity,
        l.value,
        l.pay_date,
        s.month,
        l.is_on_cost,
        l.amount * days.share,
        l.rate,
        l.paid_hours * days.share
    from lines as l
    cross join unnest(generate_series(date_trunc('month', l.earned_from_date), l.later_to_date, interval 1 month)) as s (month)
    cross join lateral (
        select
            (least(l.later_to_date, last_day(s.month::date)) - greatest(l.earned_from_date, s.month::date) + 1)
            / (l.later_to_date - l.earned_from_date + 1)::double as share
    ) as days
    where l.later_to_date is not null
),

identified as (
    select
        -- an identifier is a person's only while it was theirs
        case when p.pay_date >= i.valid_from and p.pay_date < i.valid_to then i.payee_number else i.identifier_number end as payee_number,
        p.month::date                                        as month,
        case when not p.is_on_cost then p.amount end         as paid_amount,
        case when p.is_on_cost then p.amount end             as on_cost_amount,
        case when not p.is_on_cost then p.paid_hours end     as paid_hours,
        p.rate
    from spread as p
    inner join core.fct_payee_ids as i on p.source = i.source and p.legal_entity = i.legal_entity and p.value = i.value
)

select
    payee_number,
    month,
    -- without a rate an amount still says that somebody was paid
    coalesce(sum(paid_amount * coalesce(rate, 1)) > 0, false)   as is_paid,
    sum(paid_amount * rate)                                     as gross_amount,
    sum(on_cost_amount * rate)                                  as on_cost_amount,
    sum(paid_hours)                                             as paid_hours,
    count(*) - count(rate)                                      as missing_rate_lines
from identified
group by payee_number, month
