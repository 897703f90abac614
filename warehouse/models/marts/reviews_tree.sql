-- Grain: one node of the unit tree ('*' is the company) in one view, measure of reviews, month and at most one
-- attribute of people: amount ÷ base. What is_hidden is NULL. Ratings are shares rounded to 1 % of people rounded to 5;
-- quantiles are of twenty people or more.
with told as (
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
        w.base as whole,
        n.is_moved,
        n.is_hidden or n.measure = 'rating' and n.attribute = 'band' and coalesce(w.is_hidden, true) as is_hidden
    from core.fct_people_nodes as n
    left join core.fct_people_nodes as w
        on w.table_name = 'reviews'
        and w.measure = 'rating'
        and n.measure = w.measure
        and w.attribute = ''
        and n.view_name = w.view_name
        and n.node_id = w.node_id
        and n.month = w.month
    where n.table_name = 'reviews'
)

select
    n.view_name,
    n.node_id                                                                              as ancestor_id,
    n.month,
    n.measure,
    n.attribute,
    n.attribute_value,
    t.name                                                                                 as attribute_name,
    case
        when n.is_hidden then null
        when n.measure = 'rating' then 5 * round(n.people / 5.0)::bigint
        else n.people
    end                                                                                    as people_n,
    case
        when n.is_hidden then null
        when n.measure = 'rating' and n.attribute = 'band' then round(n.base / n.whole, 2)
        when n.measure = 'rating' then exp(round(ln(n.amount / n.base) * 100) / 100)
        else n.amount
    end                                                                                    as amount,
    case when n.is_hidden then null when n.measure = 'rating' then 1 else n.base end       as base,
    case when not n.is_hidden and not n.is_moved then q.p50 end                            as p50,
    case when not n.is_hidden and not n.is_moved then q.p90 end                            as p90,
    y.fiscal_year,
    y.is_complete,
    n.is_hidden
from told as n
left join core.fct_people_quantiles as q
    on q.table_name = 'reviews'
    and q.measure = case when n.measure = 'signed' then 'days late' else n.measure end
    and q.month = n.month
    and q.node_id = n.node_id
    and q.attribute = n.attribute
    and q.attribute_value = n.attribute_value
left join core.dim_review_years as y on n.month = y.month
left join core.dim_title_names as t on case n.attribute when 'title' then n.attribute_value end = t.job_title_id
order by 1, 2, 3, 4, 5, 6
