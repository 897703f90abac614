-- Grain: one unit and one root that it is under by the tree of today, itself among them:
-- who is granted the root is granted the unit. A unit that is closed stays where it was last.
with recursive tree as (
    select unit_id as ancestor_id, unit_id, [unit_id] as path
    from marts.units

    union all

    select u.parent_id, t.unit_id, list_append(t.path, u.parent_id)
    from tree as t
    inner join marts.units as u on t.ancestor_id = u.unit_id
    where u.parent_id is not null and not list_contains(t.path, u.parent_id)
)

select distinct ancestor_id, unit_id
from tree
