-- Grain: one node of the unit tree ('*' is the company) in one view, year, kind of absence and at most one attribute
-- of people: hours absent, contracted hours and spells. What is_hidden is NULL, and where people absent are few or all.
select
    n.view_name,
    n.node_id                                                                              as ancestor_id,
    n.month,
    split_part(n.measure, '||', 2)                                                         as absence_type,
    n.attribute,
    n.attribute_value,
    t.name                                                                                 as attribute_name,
    case when not n.is_hidden then n.people end                                            as people_n,
    case when not n.is_hidden and not n.is_range then n.amount end                         as absent_hours,
    case when not n.is_hidden then n.base end                                              as contracted_hours,
    case when not s.is_hidden and not s.is_range and not n.is_hidden and not n.is_range then s.amount end as spells,
    case when not n.is_hidden then s.base end                                              as average_heads,
    n.is_hidden or n.is_range                                                              as is_hidden
from core.fct_people_nodes as n
left join core.fct_people_nodes as s
    on s.table_name = 'workforce'
    and s.measure = 'spells||' || split_part(n.measure, '||', 2)
    and n.view_name = s.view_name
    and n.node_id = s.node_id
    and n.month = s.month
    and n.attribute = s.attribute
    and n.attribute_value = s.attribute_value
left join core.dim_title_names as t on case n.attribute when 'title' then n.attribute_value end = t.job_title_id
-- of each way of telling people apart the totals are there too: those of nobody's attribute alone count
where n.table_name = 'workforce' and n.measure like 'absence||%' and split_part(n.measure, '||', 3) = n.attribute
order by 1, 2, 3, 4, 5, 6
