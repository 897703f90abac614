-- Grain: one place where people are counted, in one reference month, and one unit within it. A place is the
-- company ('*'), a unit with all below it, or (is_own) those directly in a unit, by the tree as it was.
-- Units that the tree does not reach from its top stand directly below the company.
with cells as (
    select distinct month, unit_id
    from core.fct_cells
),

months as (
    select distinct month
    from cells
),

tree as (
    select m.month, c.ancestor_id, c.unit_id
    from core.dim_unit_closure as c
    inner join months as m on m.month >= c.valid_from and m.month < c.valid_to
    where c.view_name = 'as_was'

    union all

    select u.month, u.unit_id, u.unit_id
    from cells as u
    left join core.dim_units as k on u.unit_id = k.unit_id
    where k.unit_id is null
),

parents as (
    select m.month, v.unit_id, v.parent_id
    from core.dim_unit_versions as v
    inner join months as m on m.month >= v.valid_from and m.month < v.valid_to
),

rooted as materialized (
    select t.month, t.unit_id
    from tree as t
    left join parents as p on t.month = p.month and t.ancestor_id = p.unit_id
    group by t.month, t.unit_id
    having bool_or(p.parent_id is null)
),

held as materialized (
    select t.month, t.ancestor_id, t.unit_id
    from tree as t
    inner join cells as u on t.month = u.month and t.unit_id = u.unit_id
),

members as (
    select month, '*' as node_id, false as is_own, null as parent_id, unit_id
    from cells

    union all

    select t.month, t.ancestor_id, false, coalesce(p.parent_id, '*'), t.unit_id
    from held as t
    inner join rooted as r on t.month = r.month and t.ancestor_id = r.unit_id
    left join parents as p on t.month = p.month and t.ancestor_id = p.unit_id

    union all

    select u.month, u.unit_id, true, case when r.unit_id is null then '*' else u.unit_id end, u.unit_id
    from cells as u
    left join rooted as r on u.month = r.month and u.unit_id = r.unit_id
),

places as (
    select month, node_id, is_own, any_value(parent_id) as parent_id, row_number() over (order by month, node_id, is_own)::integer as place
    from members
    group by month, node_id, is_own
)

select
    m.month,
    m.node_id,
    m.is_own,
    m.parent_id,
    p.place,
    coalesce(above.place, 0)    as parent_place,    -- 0 is above the company
    m.unit_id
from members as m
inner join places as p on m.month = p.month and m.node_id = p.node_id and m.is_own = p.is_own
left join places as above on m.month = above.month and m.parent_id = above.node_id and not above.is_own
