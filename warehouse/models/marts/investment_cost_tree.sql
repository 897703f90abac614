-- Grain: one node of the unit tree ('*' is the company), window, kind of cost (direct: the learners' part of cost lines; time: their
-- hours at loaded rates) and audience (attribute = '' is everybody; frontline), cut to what may be told. direct
-- and time together are loaded; the two are never one number. unit_amount: lines of the units themselves;
-- open_amount, of the company alone: lines that belong to nobody. Rates are the payroll's: the class is pay.
with nodes as (
    select c.measure, c.month, s.node_id, c.attribute, c.attribute_value, sum(c.total) as total, sum(c.square) as square
    from core.fct_investment_cells as c
    inner join core.dim_cell_places as s on not s.is_own and c.month = s.month and c.unit_id = s.unit_id
    where c.floor = 'pay'
    group by all
),

own_lines as (
    select l.window_id, l.month, s.node_id, sum(l.amount) as amount
    from core.fct_learning_spend as l
    inner join core.dim_cell_places as s on not s.is_own and l.month = s.month and l.unit_id = s.unit_id
    where l.learner_id is null
    group by l.window_id, l.month, s.node_id
),

-- what belongs to nobody: to no learner, and to no unit that is known
open_lines as (
    select l.window_id, l.month, sum(l.amount) as amount
    from core.fct_learning_spend as l
    left join (select distinct month, learner_id from core.fct_learner_places) as p on l.month = p.month and l.learner_id = p.learner_id
    left join (select distinct month, unit_id from core.dim_cell_places) as s on l.month = s.month and l.unit_id = s.unit_id
    where p.learner_id is null and s.unit_id is null
    group by l.window_id, l.month
),

fte as (
    select f.window_id, f.month, s.node_id, case when grouping(f.is_frontline) = 1 then '' else f.is_frontline end as attribute_value, sum(f.fte) as fte
    from core.fct_learning_fte as f
    inner join core.dim_cell_places as s on not s.is_own and f.month = s.month and f.unit_id = s.unit_id
    group by grouping sets ((f.window_id, f.month, s.node_id), (f.window_id, f.month, s.node_id, f.is_frontline))
)

select
    v.view_name,
    p.node_id                                                                                     as ancestor_id,
    p.month,
    u.name                                                                                        as node_name,
    case when p.node_id <> '*' then coalesce(u.parent_id, '*') end                                as parent_node,
    w.window_id,
    split_part(p.measure, '|', 2)                                                                 as what,
    p.attribute,
    p.attribute_value,
    case when not p.is_hidden then p.people end                                                   as people_n,
    case when not p.is_hidden then n.total end                                                    as amount,
    case when not p.is_hidden then n.square end                                                   as square,
    case when not p.is_hidden and p.attribute = '' and p.measure like '%|direct|' then coalesce(o.amount, 0)::double end as unit_amount,
    case when not p.is_hidden and p.attribute = '' and p.measure like '%|direct|' and p.node_id = '*' then coalesce(x.amount, 0)::double end as open_amount,
    case when not p.is_hidden then f.fte end                                                      as fte,
    w.days,
    s.base_currency                                                                               as cost_currency,
    p.is_hidden
from core.fct_cell_privacy as p
inner join core.dim_learning_windows as w on split_part(p.measure, '|', 1) = w.window_id and p.month = w.month
cross join core.dim_settings as s
left join nodes as n
    on p.measure = n.measure and p.month = n.month and p.node_id = n.node_id and p.attribute = n.attribute and p.attribute_value = n.attribute_value
left join own_lines as o on w.window_id = o.window_id and p.node_id = o.node_id
left join open_lines as x on w.window_id = x.window_id
left join fte as f on w.window_id = f.window_id and p.node_id = f.node_id and p.attribute_value = f.attribute_value
left join core.dim_units as u on p.node_id = u.unit_id
cross join (values ('as_was'), ('as_now')) as v (view_name)
where p.table_name = 'investment' and not p.is_own and split_part(p.measure, '|', 2) in ('direct', 'time')
