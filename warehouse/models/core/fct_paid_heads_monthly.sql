-- Grain: one month: people with positive gross earned in it beside employees with a job in it, and how they differ.
with paid as (
    select payee_id, any_value(person_id) as person_id, month
    from core.fct_payroll_months
    group by payee_id, month
    having sum(gross_amount) > 0
),

employed as (
    select distinct j.person_id, s.month::date as month
    from core.fct_jobs as j
    cross join core.dim_horizon as h
    cross join unnest(generate_series(
        greatest(date_trunc('month', j.valid_from), (select min(month) from core.dim_months)),
        least(j.valid_to - 1, h.as_of_date),
        interval 1 month
    )) as s (month)
    where j.is_primary and j.is_employee
)

select
    coalesce(p.month, e.month)                                          as month,
    count(distinct e.person_id)                                         as hris_heads,
    count(distinct p.payee_id)                                          as payroll_heads,
    count(distinct p.payee_id) filter (where e.person_id is null)       as paid_not_in_hris,
    count(distinct e.person_id) filter (where p.payee_id is null)       as in_hris_not_paid
from paid as p
full outer join employed as e on p.person_id = e.person_id and p.month = e.month
group by coalesce(p.month, e.month)
