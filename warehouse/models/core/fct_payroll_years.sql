-- Grain: one payee and fiscal year: gross and employer's on-costs in the base currency, by the months in which pay was
-- earned and by the day on which it was paid.
with runs as materialized (
    select
        r.source,
        r.payroll_run_id,
        coalesce(r.legal_entity, '*')           as legal_entity,
        coalesce(r.pay_date, r.period_end_date) as pay_date,
        y.month
    from staging.payroll_run as r
    inner join core.dim_pay_years as y
        on coalesce(r.pay_date, r.period_end_date) >= y.from_date and coalesce(r.pay_date, r.period_end_date) < y.to_date
    where r.status = 'posted'
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

-- the sums by what a line names: a few columns of many lines
values_paid as (
    select r.source, r.legal_entity, r.month, l.person_id as value, min(r.pay_date) as pay_date, sum(l.amount::double * f.rate) as amount
    from staging.payroll_line as l
    inner join runs as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    left join rates as f on l.source = f.source and l.payroll_run_id = f.payroll_run_id and upper(l.currency) = f.currency
    where
        (l.element <> 'deduction' or coalesce(l.is_employer_cost, false))
        and (
            l.reverses_line_id is null
            or (l.source, l.reverses_line_id) not in (select source, payroll_line_id from undone)
        )
    group by r.source, r.legal_entity, r.month, l.person_id
),

paid as (
    select
        case when v.pay_date >= i.valid_from and v.pay_date < i.valid_to then i.payee_number else i.identifier_number end as payee_number,
        v.month,
        sum(v.amount)                                                                                                      as amount
    from values_paid as v
    inner join core.fct_payee_ids as i on v.source = i.source and v.legal_entity = i.legal_entity and v.value = i.value
    group by all
),

earned as (
    select p.payee_number, y.month, sum(coalesce(p.gross_amount, 0) + coalesce(p.on_cost_amount, 0)) as amount, sum(p.missing_rate_lines) as missing_rate_lines
    from core.fct_payroll_months as p
    inner join core.dim_pay_years as y on p.month >= y.from_date and p.month < y.to_date
    group by p.payee_number, y.month
)

select
    coalesce(p.payee_number, e.payee_number)   as payee_number,
    coalesce(p.month, e.month)                 as month,
    coalesce(e.amount, 0)                      as earned_amount,
    coalesce(p.amount, 0)                      as paid_amount,
    coalesce(e.missing_rate_lines, 0)          as missing_rate_lines
from paid as p
full outer join earned as e on p.payee_number = e.payee_number and p.month = e.month
