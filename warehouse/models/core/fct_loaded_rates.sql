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
        case when p.is_known then p.payee_id end                                              as person_id,
        year(p.month)                                                                         as year,
        coalesce(p.gross_amount, 0) + coalesce(p.on_cost_amount, 0)                           as cost_amount,
        case when p.paid_hours > 0 then p.paid_hours else c.weekly_hours * day(last_day(p.month)) / 7 end as paid_hours
    from core.fct_payroll_months as p
    left join contracts as c on p.payee_id = c.person_id
    -- an amount without a rate is unknown, and its hours with it
    where p.missing_rate_lines = 0
)

select
    case when grouping(person_id) = 1 then '*' else person_id end          as person_id,
    year,
    sum(cost_amount)                                                       as cost_amount,
    sum(paid_hours)                                                        as paid_hours,
    sum(cost_amount) / nullif(sum(paid_hours), 0)                          as loaded_rate_amount,
    (select max(base_currency) from core.dim_settings)                     as currency
from worked
where paid_hours > 0 and cost_amount > 0
group by grouping sets ((person_id, year), (year))
having grouping(person_id) = 1 or person_id is not null
