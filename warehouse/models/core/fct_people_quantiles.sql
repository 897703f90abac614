-- Grain: one node of the tree as it was ('*' is the company), measure, month and at most one attribute of people:
-- quantiles of what its people have, only from twenty people on. Levels of pay are rounded to 1 %.
with rows_of_people as (
    select 'reviews' as table_name, 'reviewed once' as cell, 'since' as measure, s.month, s.person_id, s.unit_id, s.job_title_id, (s.day - r.held_date)::double as value
    from core.fct_staff as s
    inner join (
        select v.person_id, max(v.held_date) as held_date
        from staging.review as v
        cross join core.dim_horizon as h
        where v.held_date <= h.as_of_date
        group by v.person_id
    ) as r on s.person_id = r.person_id and r.held_date >= s.spell_start_date
    where s.is_employee and s.month = (select max(month) from core.fct_staff)

    union all

    select 'reviews', 'held', 'days late', month, person_id, unit_id, job_title_id, (held_date - due_date)::double
    from core.fct_reviews
    where held_date is not null and due_date is not null

    union all

    select 'workforce', 'tenure', 'tenure', month, person_id, unit_id, job_title_id, (day - spell_start_date) / 365.25
    from core.fct_staff
    where is_employee

    union all

    select 'pay', 'compa', 'compa', month, person_id, unit_id, job_title_id, pay_amount / midpoint_amount
    from core.fct_base_pay
    where pay_amount > 0 and midpoint_amount > 0

    union all

    select 'pay', 'compa', 'base pay', month, person_id, unit_id, job_title_id, pay_amount
    from core.fct_base_pay
    where pay_amount > 0 and midpoint_amount > 0
),

scope as (
    select ancestor_id, unit_id, valid_from, valid_to
    from core.dim_unit_closure
    where view_name = 'as_was'

    union all

    select '*', unit_id, date '1900-01-01', date '9999-12-31'
    from (select distinct unit_id from rows_of_people)
),

attributed as (
    select table_name, cell, measure, month, unit_id, '' as attribute, '' as attribute_value, value
    from rows_of_people

    union all

    select table_name, cell, measure, month, unit_id, 'title', job_title_id, value
    from rows_of_people
    where table_name = 'pay' and month = (select max(month) from core.dim_pay_years)
),

ranked as (
    select
        r.table_name,
        r.cell,
        r.measure,
        r.month,
        s.ancestor_id                                        as node_id,
        r.attribute,
        r.attribute_value,
        count(*)                                             as people,
        quantile_cont(r.value, [0.1, 0.25, 0.5, 0.75, 0.9])  as q
    from attributed as r
    inner join scope as s on r.unit_id = s.unit_id and r.month >= s.valid_from and r.month < s.valid_to
    group by r.table_name, r.cell, r.measure, r.month, s.ancestor_id, r.attribute, r.attribute_value
    having count(*) >= 20
)

select
    table_name,
    cell,
    measure,
    month,
    node_id,
    attribute,
    attribute_value,
    case when measure in ('base pay', 'compa') then exp(round(ln(q[1]) * 100) / 100) else q[1] end as p10,
    case when measure in ('base pay', 'compa') then exp(round(ln(q[2]) * 100) / 100) else q[2] end as p25,
    case when measure in ('base pay', 'compa') then exp(round(ln(q[3]) * 100) / 100) else q[3] end as p50,
    case when measure in ('base pay', 'compa') then exp(round(ln(q[4]) * 100) / 100) else q[4] end as p75,
    case when measure in ('base pay', 'compa') then exp(round(ln(q[5]) * 100) / 100) else q[5] end as p90
from ranked
