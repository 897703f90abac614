-- Grain: one node of the unit tree ('*' is the company) in one view, measure, month and at most one attribute of
-- people: amount ÷ base, with what may be said. What is_hidden is NULL. Of a sensitive count that is_range, the number
-- of people is told as numerator_low to numerator_high. Leavers of single months are told of a node only if those of
-- all its months may be; those who chose to leave only where page 1 tells all months of that year and the rest is not
-- told as a range: else one number less others would give back a hidden one.
with ranges as (
    select view_name, node_id, month, measure, is_range
    from core.fct_people_nodes
    where table_name = 'workforce' and attribute = ''
),

-- nodes of which not every month may be told
vague_months as (
    select view_name, node_id
    from ranges
    where measure = 'leavers of a month' and is_range
    group by view_name, node_id
),

-- nodes and years in which voluntary leavers of some month are told as a range
vague_years as (
    select p.view_name, p.node_id, y.month
    from core.fct_unit_privacy as p
    inner join core.dim_staff_years as y on p.month >= y.from_date and p.month < y.to_date
    where not p.is_own and p.is_range
    group by p.view_name, p.node_id, y.month

    union

    select view_name, node_id, month
    from ranges
    where measure in ('voluntary', 'involuntary') and is_range
),

judged as (
    select
        n.view_name,
        n.node_id,
        n.measure,
        n.month,
        n.attribute,
        n.attribute_value,
        n.people,
        n.amount,
        n.base,
        n.numerator_low,
        n.numerator_high,
        n.is_moved,
        n.is_hidden,
        n.is_range
        or n.measure = 'leavers of a month' and m.node_id is not null
        or n.measure in ('voluntary', 'involuntary') and y.node_id is not null as is_range,
        n.is_range                                                             as is_range_itself
    from core.fct_people_nodes as n
    left join vague_months as m on n.view_name = m.view_name and n.node_id = m.node_id
    left join vague_years as y on n.view_name = y.view_name and n.node_id = y.node_id and n.month = y.month
    where n.table_name = 'workforce' and n.measure not like 'absence||%' and n.measure not like 'spells||%'
)

select
    j.view_name,
    j.node_id                                                                       as ancestor_id,
    j.month,
    j.measure,
    j.attribute,
    j.attribute_value,
    t.name                                                                          as attribute_name,
    case when not j.is_hidden then j.people end                                     as people_n,
    case when not j.is_hidden and not j.is_range then j.amount end                  as amount,
    case when not j.is_hidden then j.base end                                       as base,
    case when not j.is_hidden and j.is_range_itself then j.numerator_low end        as numerator_low,
    case when not j.is_hidden and j.is_range_itself then j.numerator_high end       as numerator_high,
    case when not j.is_hidden and not j.is_moved then q.p50 end                     as p50,
    y.month is null or y.is_latest                                                  as is_latest,
    j.is_range,
    j.is_hidden
from judged as j
left join core.fct_people_quantiles as q
    on q.table_name = 'workforce' and q.measure = j.measure and q.month = j.month and q.node_id = j.node_id and q.attribute = j.attribute
    and q.attribute_value = j.attribute_value
left join core.dim_staff_years as y on j.month = y.month
left join core.dim_title_names as t on case j.attribute when 'title' then j.attribute_value end = t.job_title_id
-- the order of rows must say nothing
order by 1, 2, 3, 4, 5, 6
