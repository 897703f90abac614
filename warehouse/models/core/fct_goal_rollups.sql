-- Grain: one objective of a unit (not personal) with what its branches come to, one level at
-- a time: rollup_progress = Σ weight × progress ÷ Σ weight over the objectives right below
-- it. A branch counts with its own progress or, without one, with its own roll-up; drafts,
-- abandoned and planned ones do not count, nor does a branch of which nothing is known.
-- people_progress is the same over the objectives of single people right below, where so
-- many people stand behind it that it may be told; what may not be told goes no further up.
with counted as (
    select
        g.goal_id,
        g.parent_id,
        g.level_position,
        g.weight,
        g.is_personal,
        g.is_current,
        case when g.state = 'done' then coalesce(s.progress, 1) else s.progress end as own,
        p.has_sight,
        s.computed_status in ('behind', 'overdue')                                  as is_late
    from core.fct_goals as g
    inner join core.fct_goal_states as s on g.goal_id = s.goal_id
    inner join core.fct_goal_paths as p on g.goal_id = p.goal_id
    where g.state in ('open', 'overdue', 'done')
),

told as (
    select p.measure as goal_id, p.people
    from core.fct_cell_privacy as p
    where p.table_name = 'objectives' and p.node_id = '*' and not p.is_own and p.attribute = '' and not p.is_hidden and p.measure <> ''
),

-- of whom something is known: those who are told of
people as (
    select c.parent_id as goal_id, sum(c.weight * c.own) / nullif(sum(c.weight) filter (c.own is not null), 0) as people_progress
    from counted as c
    inner join told as t on c.parent_id = t.goal_id
    where c.is_personal and c.level_position = 5 and c.is_current
    group by c.parent_id
),

units as (
    select c.goal_id, c.parent_id, c.level_position, c.weight, c.own, c.is_late, p.people_progress
    from counted as c
    left join people as p on c.goal_id = p.goal_id
    where not c.is_personal
),

teams as (
    select u.goal_id, coalesce(u.own, r.rollup_progress, u.people_progress) as effective, r.rollup_progress, r.rolled
    from units as u
    left join (
        select c.parent_id, sum(c.weight * c.own) / nullif(sum(c.weight) filter (c.own is not null), 0) as rollup_progress,
            count(c.own) as rolled
        from units as c
        group by c.parent_id
    ) as r on u.goal_id = r.parent_id
    where u.level_position = 4
),

departments as (
    select u.goal_id, coalesce(u.own, r.rollup_progress, u.people_progress) as effective, r.rollup_progress, r.rolled
    from units as u
    left join (
        select c.parent_id, sum(c.weight * coalesce(e.effective, c.own)) / nullif(sum(c.weight) filter (coalesce(e.effective, c.own) is not null), 0) as rollup_progress,
            count(coalesce(e.effective, c.own)) as rolled
        from units as c
        left join (select goal_id, effective from teams) as e on c.goal_id = e.goal_id
        group by c.parent_id
    ) as r on u.goal_id = r.parent_id
    where u.level_position = 3
),

supporting as (
    select u.goal_id, coalesce(u.own, r.rollup_progress, u.people_progress) as effective, r.rollup_progress, r.rolled
    from units as u
    left join (
        select c.parent_id, sum(c.weight * coalesce(e.effective, c.own)) / nullif(sum(c.weight) filter (coalesce(e.effective, c.own) is not null), 0) as rollup_progress,
            count(coalesce(e.effective, c.own)) as rolled
        from units as c
        left join (select goal_id, effective from teams union all select goal_id, effective from departments) as e on c.goal_id = e.goal_id
        group by c.parent_id
    ) as r on u.goal_id = r.parent_id
    where u.level_position = 2
),

strategic as (
    select u.goal_id, coalesce(u.own, r.rollup_progress, u.people_progress) as effective, r.rollup_progress, r.rolled
    from units as u
    left join (
        select c.parent_id, sum(c.weight * coalesce(e.effective, c.own)) / nullif(sum(c.weight) filter (coalesce(e.effective, c.own) is not null), 0) as rollup_progress,
            count(coalesce(e.effective, c.own)) as rolled
        from units as c
        left join (select goal_id, effective from teams union all select goal_id, effective from departments union all select goal_id, effective from supporting) as e on c.goal_id = e.goal_id
        group by c.parent_id
    ) as r on u.goal_id = r.parent_id
    where u.level_position = 1
),

rolled as (
    select goal_id, effective, rollup_progress, rolled from teams
    union all
    select goal_id, effective, rollup_progress, rolled from departments
    union all
    select goal_id, effective, rollup_progress, rolled from supporting
    union all
    select goal_id, effective, rollup_progress, rolled from strategic
),

below as (
    select parent_id as goal_id, count(*) as children, count(*) filter (is_late) as late_children
    from units
    group by parent_id
)

select
    g.goal_id,
    coalesce(b.children, 0)      as children,
    coalesce(b.late_children, 0) as late_children,
    coalesce(r.rolled, 0)        as rolled_children,
    r.rollup_progress,
    r.effective                  as effective_progress,
    p.people_progress,
    t.goal_id is not null        as is_people_told
from core.fct_goals as g
left join rolled as r on g.goal_id = r.goal_id
left join below as b on g.goal_id = b.goal_id
left join people as p on g.goal_id = p.goal_id
left join told as t on g.goal_id = t.goal_id
where not g.is_personal
