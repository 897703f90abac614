-- Grain: one node of the unit tree ('*' is the company) in one view, measure of pay, yearly day of reference and at
-- most one attribute of people: amount ÷ base, rounded to 1 %, with people rounded to 5. What is_hidden is NULL.
-- Quantiles are of twenty people or more.
with rounded as (
    select
        n.view_name,
        n.node_id,
        n.table_name,
        n.measure,
        n.month,
        n.attribute,
        n.attribute_value,
        n.people,
        n.base,
        n.amount / nullif(n.base, 0) as ratio,
        n.is_moved,
        n.is_hidden
    from core.fct_people_nodes as n
    where n.table_name in ('pay', 'rises')
)

select
    r.view_name,
    r.node_id                                                                              as ancestor_id,
    r.month,
    r.measure,
    r.attribute,
    r.attribute_value,
    t.name                                                                                 as attribute_name,
    case when not r.is_hidden then 5 * round(r.people / 5.0)::bigint end                   as people_n,
    case
        when r.is_hidden or r.ratio is null then null
        when r.table_name = 'rises' then round(r.ratio, 3)
        when r.ratio > 0 then exp(round(ln(r.ratio) * 100) / 100)
    end                                                                                    as ratio,
    case when not r.is_hidden and not r.is_moved then q.p25 end                            as p25,
    case when not r.is_hidden and not r.is_moved then q.p50 end                            as p50,
    case when not r.is_hidden and not r.is_moved then q.p75 end                            as p75,
    case when not r.is_hidden and not r.is_moved then b.p10 end                            as pay_low,
    case when not r.is_hidden and not r.is_moved then b.p50 end                            as pay_median,
    case when not r.is_hidden and not r.is_moved then b.p90 end                            as pay_high,
    (select max(base_currency) from core.dim_settings)                                     as currency,
    r.is_hidden
from rounded as r
left join core.fct_people_quantiles as q
    on q.table_name = 'pay' and q.measure = 'compa' and q.measure = r.measure and q.month = r.month and q.node_id = r.node_id
    and q.attribute = r.attribute and q.attribute_value = r.attribute_value
left join core.fct_people_quantiles as b
    on b.table_name = 'pay' and b.measure = 'base pay' and b.measure = case r.measure when 'compa' then 'base pay' end and b.month = r.month and b.node_id = r.node_id
    and b.attribute = r.attribute and b.attribute_value = r.attribute_value
left join core.dim_title_names as t on case r.attribute when 'title' then r.attribute_value end = t.job_title_id
order by 1, 2, 3, 4, 5, 6
