-- Grain: one person and calendar year: gross and on-costs per hour paid, in the base
-- currency. Who is paid by salary has no paid hours: their contracted hours count.
-- person_id '*' is the whole company.
with contracts as (
    select person_id, arg_max(contracted_hours, hire_date) as weekly_hours
    from core.fct_employments
    where contracted_hours > 0
    group by person_id
),

worked as (
    select
        case when n.is_known then p.payee_number end                                          as payee_number,
        year(p.month)                                                                         as year,
        coalesce(p.gross_amount, 0) + coalesce(p.on_cost_amount, 0)                           as cost_amount,
        case when p.paid_hours > 0 then p.paid_hours else c.weekly_hours * day(last_day(p.month)) / 7 end as paid_hours
    from core.fct_payroll_months as p
    inner join core.dim_payees as n on p.payee_number = n.payee_number
    left join contracts as c on n.payee_id = c.person_id
    -- an amount without a rate is unknown, and its hours with it
    where p.missing_rate_lines = 0
),

rates as (
    select payee_number, grouping(payee_number) as is_company, year, sum(cost_amount) as cost_amount, sum(paid_hours) as paid_hours
    from worked
    where paid_hours > 0 and cost_amount > 0
    group by grouping sets ((payee_number, year), (year))
    having grouping(payee_number) = 1 or payee_number is not null
)

select
    coalesce(n.payee_id, '*')                            as person_id,
    r.year,
    r.cost_amount,
    r.paid_hours,
    r.cost_amount / nullif(r.paid_hours, 0)              as loaded_rate_amount,
    (select max(base_currency) from core.dim_settings)   as currency
from rates as r
left join core.dim_payees as n on r.payee_number = n.payee_number
