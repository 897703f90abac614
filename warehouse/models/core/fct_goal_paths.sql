-- Grain: one objective with how it hangs in the cascade. has_sight: every objective from it
-- up to a strategic one is current, itself too. broken: why the branch ends here, of those
-- that are current: no parent, unknown parent, cycle, expired parent (done, abandoned, past
-- its date, or not begun). Below a broken branch broken is null and has_sight is false.
with recursive sighted as (
    select goal_id
    from core.fct_goals
    where level = 'strategic' and is_current

    union

    select g.goal_id
    from sighted as s
    inner join core.fct_goals as g on s.goal_id = g.parent_id
    where g.is_current
),

-- whoever hangs, however broken, under one without a parent is in no circle
hanging as (
    select g.goal_id
    from core.fct_goals as g
    left join core.fct_goals as p on g.parent_id = p.goal_id
    where p.goal_id is null

    union

    select g.goal_id
    from hanging as h
    inner join core.fct_goals as g on h.goal_id = g.parent_id
)

select
    g.goal_id,
    s.goal_id is not null as has_sight,
    case
        when not g.is_current or g.level = 'strategic' and g.parent_id is null then null
        when g.parent_id is null then 'no parent'
        when p.goal_id is null then 'unknown parent'
        when h.goal_id is null then 'cycle'
        when not p.is_current then 'expired parent'
    end                   as broken
from core.fct_goals as g
left join core.fct_goals as p on g.parent_id = p.goal_id
left join sighted as s on g.goal_id = s.goal_id
left join hanging as h on g.goal_id = h.goal_id
