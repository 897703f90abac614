-- Grain: one node of the unit tree in one view ('*' is the company), measure, month and at most one attribute of
-- people: the sums of core.fct_people_sums with all below, and what core.fct_cell_privacy lets be said of them; cells
-- that are hidden and empty stand here too. The tree of today (as_now) says no more than the tree as it was: a node
-- that has other units today says only what holds for all its people together, and only if nothing of the units that
-- came or went is hidden.
with measures as (
    select distinct table_name, cell, measure, month
    from core.fct_people_sums
),

rolled as (
    select
        f.table_name,
        f.measure,
        f.month,
        p.node_id,
        f.attribute,
        f.attribute_value,
        sum(f.amount)    as amount,
        sum(f.base)      as base,
        any_value(f.floor) as floor
    from core.fct_people_sums as f
    inner join core.dim_cell_places as p on f.month = p.month and f.unit_id = p.unit_id
    where not p.is_own
    group by f.table_name, f.measure, f.month, p.node_id, f.attribute, f.attribute_value
),

was as (
    select
        p.node_id,
        p.table_name,
        m.cell,
        m.measure,
        p.month,
        p.attribute,
        p.attribute_value,
        p.people,
        r.amount,
        r.base,
        p.is_hidden,
        coalesce(p.is_range, false) as is_range,
        p.numerator_low,
        p.numerator_high
    from core.fct_cell_privacy as p
    inner join measures as m on p.table_name = m.table_name and p.measure = m.cell and p.month = m.month
    left join rolled as r
        on p.table_name = r.table_name
        and m.measure = r.measure
        and p.month = r.month
        and p.node_id = r.node_id
        and p.attribute = r.attribute
        and p.attribute_value = r.attribute_value
    where not p.is_own
),

places as (
    select distinct month, unit_id
    from core.fct_people_sums
),

-- units that a node of today has and had not, or by another share, or the other way round
moved as (
    select n.node_id, n.month, n.unit_id
    from (
        select c.ancestor_id as node_id, f.month, f.unit_id, c.share
        from places as f
        inner join core.dim_unit_closure as c on c.view_name = 'as_now' and f.unit_id = c.unit_id and f.month >= c.valid_from and f.month < c.valid_to

        union all

        select p.node_id, p.month, p.unit_id, -1
        from core.dim_cell_places as p
        inner join core.dim_units as u on p.node_id = u.unit_id
        inner join places as f on p.month = f.month and p.unit_id = f.unit_id
        where not p.is_own
    ) as n
    group by n.node_id, n.month, n.unit_id
    having abs(sum(n.share)) > 1e-9
),

moved_nodes as (
    select distinct node_id, month
    from moved
),

touched as (
    select
        m.node_id,
        p.table_name,
        p.measure as cell,
        p.month,
        bool_or(p.is_hidden)                  as has_hidden,
        bool_or(coalesce(p.is_range, false))  as has_range
    from moved as m
    inner join core.fct_cell_privacy as p on p.is_own and p.attribute = '' and m.unit_id = p.node_id and m.month = p.month
    group by m.node_id, p.table_name, p.measure, p.month
),

now as (
    select
        n.node_id,
        f.table_name,
        f.cell,
        f.measure,
        f.month,
        floor(sum(f.people * c.share) + 1e-9)::bigint    as people,
        floor(sum(f.numerator * c.share) + 1e-9)::bigint as numerator,
        sum(f.amount * c.share)                          as amount,
        sum(f.base * c.share)                            as base,
        any_value(f.floor)                               as floor
    from moved_nodes as n
    inner join core.dim_unit_closure as c on c.view_name = 'as_now' and n.node_id = c.ancestor_id and n.month >= c.valid_from and n.month < c.valid_to
    inner join core.fct_people_sums as f on c.unit_id = f.unit_id and n.month = f.month
    where f.attribute = ''
    group by n.node_id, f.table_name, f.cell, f.measure, f.month
)

select
    'as_was' as view_name,
    node_id,
    table_name,
    cell,
    measure,
    month,
    attribute,
    attribute_value,
    people,
    amount,
    base,
    is_hidden,
    is_range,
    numerator_low,
    numerator_high,
    false    as is_moved
from was

union all

select
    'as_now',
    w.node_id,
    w.table_name,
    w.cell,
    w.measure,
    w.month,
    w.attribute,
    w.attribute_value,
    w.people,
    w.amount,
    w.base,
    w.is_hidden,
    w.is_range,
    w.numerator_low,
    w.numerator_high,
    false
from was as w
left join core.dim_units as u on w.node_id = u.unit_id
left join moved_nodes as m on w.node_id = m.node_id and w.month = m.month
where m.node_id is null and (w.node_id = '*' or u.unit_id is not null)

union all

select
    'as_now',
    n.node_id,
    n.table_name,
    n.cell,
    n.measure,
    n.month,
    '',
    '',
    n.people,
    n.amount,
    n.base,
    n.people < case n.floor when 'pay' then greatest(d.min_people, d.min_people_pay) else d.min_people end
    or coalesce(w.is_hidden, false)
    or coalesce(t.has_hidden, false),
    n.numerator is not null and (coalesce(w.is_range, false) or coalesce(t.has_range, false) or n.numerator < 5 or n.numerator >= n.people),
    null,
    null,
    true
from now as n
cross join core.dim_settings as d
left join was as w on n.node_id = w.node_id and n.table_name = w.table_name and n.measure = w.measure and n.month = w.month and w.attribute = ''
left join touched as t on n.node_id = t.node_id and n.table_name = t.table_name and n.cell = t.cell and n.month = t.month
