-- Grain: one ancestor and one unit below it (or itself), in one view of the tree,
-- while that holds. as_was follows the tree of each day. as_now follows the tree
-- of today: what a unit measured before it was merged, split or closed belongs to
-- its successors by share, which is an estimate. share says how much of the
-- unit's facts of [valid_from, valid_to) the ancestor gets.
with recursive was as (
    select distinct
        unit_id            as ancestor_id,
        unit_id,
        date '1900-01-01'  as valid_from,
        date '9999-12-31'  as valid_to,
        [unit_id]          as path
    from core.dim_unit_versions

    union all

    select
        v.parent_id,
        w.unit_id,
        greatest(w.valid_from, v.valid_from),
        least(w.valid_to, v.valid_to),
        list_append(w.path, v.parent_id)
    from was as w
    inner join core.dim_unit_versions as v on w.ancestor_id = v.unit_id
    where
        v.parent_id is not null
        and greatest(w.valid_from, v.valid_from) < least(w.valid_to, v.valid_to)
        and not list_contains(w.path, v.parent_id)
),

now_tree as (
    select unit_id as ancestor_id, unit_id
    from core.dim_units

    union all

    select u.parent_id, n.unit_id
    from now_tree as n
    inner join core.dim_units as u on n.ancestor_id = u.unit_id
    where u.parent_id is not null
),

changes as (
    select
        c.from_unit_id,
        c.changed_date,
        -- shares above 1 in all are scaled down: nothing is counted twice
        sum(c.share) / greatest(1, sum(sum(c.share)) over (partition by c.from_unit_id, c.changed_date)) as share,
        c.to_unit_id
    from staging.org_unit_successor as c
    inner join core.dim_units as f on c.from_unit_id = f.unit_id
    inner join core.dim_units as t on c.to_unit_id = t.unit_id
    where c.share > 0 and c.from_unit_id <> c.to_unit_id
    group by c.from_unit_id, c.to_unit_id, c.changed_date
),

-- the rest of a split stays where it was
splits as (
    select from_unit_id, to_unit_id, changed_date, share
    from changes

    union all

    select from_unit_id, from_unit_id, changed_date, 1 - sum(share)
    from changes
    group by from_unit_id, changed_date
    having sum(share) < 1 - 1e-9
),

change_dates as (
    select
        from_unit_id,
        changed_date,
        coalesce(lag(changed_date) over (partition by from_unit_id order by changed_date), date '1900-01-01') as previous_date
    from (select distinct from_unit_id, changed_date from changes)
),

-- facts of a unit between two of its changes pass through all later ones
holdings as (
    select
        from_unit_id   as unit_id,
        previous_date  as valid_from,
        changed_date   as valid_to,
        from_unit_id   as holder_id,
        1.0::double    as share,
        previous_date  as at_date
    from change_dates

    union all

    select
        h.unit_id,
        h.valid_from,
        h.valid_to,
        s.to_unit_id,
        h.share * s.share,
        d.changed_date
    from holdings as h
    inner join change_dates as d on h.holder_id = d.from_unit_id and h.at_date >= d.previous_date and h.at_date < d.changed_date
    inner join splits as s on d.from_unit_id = s.from_unit_id and d.changed_date = s.changed_date
),

held as (
    select h.unit_id, h.valid_from, h.valid_to, h.holder_id, sum(h.share) as share
    from holdings as h
    left join change_dates as d on h.holder_id = d.from_unit_id and h.at_date >= d.previous_date and h.at_date < d.changed_date
    where d.from_unit_id is null  -- what no further change passes on
    group by h.unit_id, h.valid_from, h.valid_to, h.holder_id

    union all

    select u.unit_id, coalesce(max(d.changed_date), date '1900-01-01'), date '9999-12-31', u.unit_id, 1
    from core.dim_units as u
    left join change_dates as d on u.unit_id = d.from_unit_id
    group by u.unit_id
)

select
    'as_was'    as view_name,
    ancestor_id,
    unit_id,
    valid_from,
    valid_to,
    1.0::double as share
from was

union all

select
    'as_now'     as view_name,
    n.ancestor_id,
    h.unit_id,
    h.valid_from,
    h.valid_to,
    sum(h.share) as share
from held as h
inner join now_tree as n on h.holder_id = n.unit_id
group by n.ancestor_id, h.unit_id, h.valid_from, h.valid_to
