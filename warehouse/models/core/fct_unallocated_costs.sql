-- Grain: one month and type of learning cost that belongs to no tactic.
with owners as (
    select course_id
    from core.dim_tactics
    where course_id is not null
    group by course_id
    having count(*) = 1
)

select
    date_trunc('month', c.cost_date)::date            as month,
    c.cost_type,
    sum(c.amount)::decimal(18, 4)                     as amount,
    c.currency,
    count(*)                                          as lines,
    count(*) filter (where c.is_rate_missing)         as missing_rate_lines,
    count(distinct c.person_id)                       as people
from core.fct_learning_costs as c
left join owners as o on c.course_id = o.course_id
where c.tactic_id is null and o.course_id is null
group by date_trunc('month', c.cost_date), c.cost_type, c.currency
