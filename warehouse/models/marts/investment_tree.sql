-- Grain: one node of the unit tree ('*' is the company), window or quarter, what is measured (hours, self, plans; purpose,
-- modality and kind of hours with their value) and audience (attribute = '' is everybody; frontline): people, hours and full-time
-- equivalents, cut to what may be told. Money is in marts.investment_cost_tree. part: hours aligned to objectives.
with nodes as (
    select c.measure, c.month, s.node_id, c.attribute, c.attribute_value, sum(c.numerator)::bigint as numerator, sum(c.total) as total, sum(c.part) as part,
        sum(c.square) as square, sum(c.items)::bigint as items, sum(c.items_done)::bigint as items_done
    from core.fct_investment_cells as c
    inner join core.dim_cell_places as s on not s.is_own and c.month = s.month and c.unit_id = s.unit_id
    where c.floor = 'people'
    group by all
),

-- the hours of a quarter add up by purpose, by modality and by kind: of each, all values are told or none
partly as (
    select distinct month, node_id, split_part(measure, '|', 2) as what
    from core.fct_cell_privacy
    where table_name = 'investment' and not is_own and is_hidden and measure like 'quarter|%'
),

fte as (
    select f.window_id, f.month, s.node_id, case when grouping(f.is_frontline) = 1 then '' else f.is_frontline end as attribute_value, sum(f.fte) as fte
    from core.fct_learning_fte as f
    inner join core.dim_cell_places as s on not s.is_own and f.month = s.month and f.unit_id = s.unit_id
    group by grouping sets ((f.window_id, f.month, s.node_id), (f.window_id, f.month, s.node_id, f.is_frontline))
)

select
    v.view_name,
    p.node_id                                                               as ancestor_id,
    p.month,
    u.name                                                                  as node_name,
    case when p.node_id <> '*' then coalesce(u.parent_id, '*') end          as parent_node,
    split_part(p.measure, '|', 1)                                           as window_id,
    split_part(p.measure, '|', 2)                                           as what,
    split_part(p.measure, '|', 3)                                           as value,
    p.attribute,
    p.attribute_value,
    case when not p.is_hidden then p.people end                             as people_n,
    case when not p.is_hidden then n.total end                              as hours,
    case when not p.is_hidden then n.part end                               as aligned_hours,
    case when not p.is_hidden then n.square end                             as square,
    case when not p.is_hidden then f.fte end                                as fte,
    w.days,
    case when not p.is_hidden then n.items end                              as items,
    case when not p.is_hidden and not coalesce(p.is_range, false) then n.items_done end      as items_done,
    coalesce(p.is_range, false)                                             as is_range,
    p.is_hidden
from core.fct_cell_privacy as p
left join nodes as n
    on p.measure = n.measure and p.month = n.month and p.node_id = n.node_id and p.attribute = n.attribute and p.attribute_value = n.attribute_value
left join fte as f
    on split_part(p.measure, '|', 1) = f.window_id and p.month = f.month and p.node_id = f.node_id and p.attribute_value = f.attribute_value
left join core.dim_learning_windows as w on split_part(p.measure, '|', 1) = w.window_id and p.month = w.month and w.window_id <> 'cohort'
left join partly as h on p.month = h.month and p.node_id = h.node_id and case when p.measure like 'quarter|%' then split_part(p.measure, '|', 2) end = h.what
left join core.dim_units as u on p.node_id = u.unit_id
cross join (values ('as_was'), ('as_now')) as v (view_name)
where h.node_id is null and p.table_name = 'investment' and not p.is_own and split_part(p.measure, '|', 2) not in ('direct', 'time')
