-- Grain: one measure of pay, yearly day of reference, unit and at most one attribute of people: what its people add up
-- to; amount ÷ base is the number, largest one person's part. Payroll is over the fiscal year before the day, in the
-- unit that people had last in it; who is nobody that HR knows stands in no unit.
with levels as (
    select month, person_id, unit_id, job_title_id, location, pay_amount as amount, midpoint_amount as base
    from core.fct_base_pay
    where pay_amount > 0 and midpoint_amount > 0
),

staff as (
    select
        y.month,
        j.person_id,
        arg_max(j.unit_id, j.valid_to) filter (where j.is_primary)                                                  as unit_id,
        sum((least(j.valid_to, y.to_date) - greatest(j.valid_from, y.from_date)) * j.fte_share / (y.to_date - y.from_date)) as fte
    from core.fct_jobs as j
    inner join core.dim_pay_years as y on j.valid_from < y.to_date and j.valid_to > y.from_date
    where j.is_employee
    group by y.month, j.person_id
),

payroll as (
    select
        p.month,
        case when n.is_known then n.payee_id else '(payee) ' || n.payee_id end as person_id,
        b.measure,
        b.amount
    from core.fct_payroll_years as p
    inner join core.dim_payees as n on p.payee_number = n.payee_number
    cross join lateral (values ('payroll||earned', p.earned_amount), ('payroll||paid', p.paid_amount)) as b (measure, amount)
    where b.amount <> 0
),

-- who costs and does not work any more, and who works and costs nothing, count as well
parts as (
    select month, person_id, measure, amount, 0 as fte, null as unit_id
    from payroll

    union all

    select s.month, s.person_id, b.measure, 0, s.fte, s.unit_id
    from staff as s
    inner join (select distinct month, measure from payroll) as b on s.month = b.month
),

costs as (
    select month, person_id, measure, sum(amount) as amount, sum(fte) as base, coalesce(max(unit_id), '(no unit)') as unit_id
    from parts
    group by month, person_id, measure
)

select
    'pay' as table_name,
    'compa' as cell,
    'compa' as measure,
    l.month,
    l.unit_id,
    a.attribute,
    a.attribute_value,
    count(*)                as people,
    null::bigint            as numerator,
    sum(l.amount)           as amount,
    sum(l.base)             as base,
    max(l.amount)           as largest,
    sum(l.amount)           as total
from levels as l
cross join lateral (values ('', ''), ('title', l.job_title_id)) as a (attribute, attribute_value)
-- titles at the latest day alone
where a.attribute = '' or l.month = (select max(month) from core.dim_pay_years)
group by l.month, l.unit_id, a.attribute, a.attribute_value

union all

select 'pay', measure, measure, month, unit_id, '', '', count(*) filter (where amount <> 0), null, sum(amount), sum(base), max(amount), sum(amount)
from costs
group by measure, month, unit_id
having count(*) filter (where amount <> 0) > 0

union all

select 'rises', 'rise||' || band, 'rise||' || band, month, unit_id, '', '', count(*), null, sum(rise), count(*), max(abs(rise)), sum(abs(rise))
from core.fct_rises
group by band, month, unit_id
