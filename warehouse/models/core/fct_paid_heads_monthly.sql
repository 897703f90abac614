-- Grain: one month: people with positive gross earned in it beside employees with a
-- primary job in it, and how the two differ.
with stretches as (
    select
        person_id,
        valid_from,
        date_trunc('month', valid_from)::date                                    as first_month,
        date_trunc('month', least(valid_to - 1, h.as_of_date))::date             as last_month
    from core.fct_jobs
    cross join core.dim_horizon as h
    where is_primary and is_employee and valid_from <= h.as_of_date
),

-- a month in which somebody changed jobs counts once
employed as (
    select t.person_id, n.payee_number, s.month::date as month
    from (
        select
            person_id,
            last_month,
            greatest(
                first_month,
                (select min(month) from core.dim_months),
                coalesce((lag(last_month) over (partition by person_id order by valid_from) + interval 1 month)::date, first_month)
            ) as first_month
        from stretches
    ) as t
    left join core.dim_payees as n on t.person_id = n.payee_id and n.is_known
    cross join unnest(generate_series(t.first_month, t.last_month, interval 1 month)) as s (month)
),

paid as (
    select payee_number, month
    from core.fct_payroll_months
    where is_paid
)

select
    coalesce(p.month, e.month)                                as month,
    count(e.person_id)                                        as hris_heads,
    count(p.payee_number)                                         as payroll_heads,
    count(p.payee_number) filter (where e.person_id is null)      as paid_not_in_hris,
    count(e.person_id) filter (where p.payee_number is null)      as in_hris_not_paid
from paid as p
full outer join employed as e on p.payee_number = e.payee_number and p.month = e.month
group by coalesce(p.month, e.month)
