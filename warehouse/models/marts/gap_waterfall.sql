-- Grain: one node of the unit tree, stretch and step: from the gaps at its beginning ('open') to those at
-- its end ('close'), which the steps between add up to exactly. Steps of too few people are
-- told together as 'other', with as many more as it takes; where even these are too few, or
-- an end is, the stretch is hidden.
with sums as (
    select
        p.node_id                       as ancestor_id,
        c.goal_id,
        c.month,
        c.step,
        sum(c.people)::bigint           as people,
        sum(c.amount)::decimal(18, 6)   as amount,
        sum(c.pairs)::bigint            as pairs
    from core.fct_gap_step_cells as c
    inner join core.dim_cell_places as p on c.month = p.month and c.unit_id = p.unit_id
    where not p.is_own
    group by p.node_id, c.goal_id, c.month, c.step
),

judged as (
    select
        s.ancestor_id,
        s.goal_id,
        s.month,
        s.step,
        s.people,
        s.amount,
        s.pairs,
        s.step in ('open', 'close')    as is_end,
        coalesce(p.is_hidden, true)    as is_small
    from sums as s
    left join core.fct_cell_privacy as p
        on p.table_name = 'gap_steps' and p.measure = s.goal_id || '|' || s.step and not p.is_own
        and p.node_id = s.ancestor_id and p.month = s.month and p.attribute = ''
),

ranked as (
    select
        ancestor_id,
        goal_id,
        month,
        step,
        people,
        amount,
        pairs,
        is_end,
        is_small,
        bool_or(is_small and not is_end) over stretch                       as has_small,
        count(*) over earlier                                              as steps_before,
        coalesce(sum(people) over earlier, 0)                              as people_before
    from judged
    window
        stretch as (partition by ancestor_id, goal_id, month),
        earlier as (
            partition by ancestor_id, goal_id, month, is_end
            order by is_small desc, people, step rows between unbounded preceding and 1 preceding
        )
),

merged as (
    select
        r.ancestor_id,
        r.goal_id,
        r.month,
        case
            when r.is_end then r.step
            when r.is_small or (r.has_small and (r.steps_before < 2 or r.people_before < s.min_people)) then 'other'
            else r.step
        end                              as step,
        sum(r.people)::bigint            as people,
        sum(r.amount)::decimal(18, 6)    as amount,
        sum(r.pairs)::bigint             as pairs,
        count(*)                         as steps,
        bool_or(r.is_end and r.is_small) as is_small_end
    from ranked as r
    cross join core.dim_settings as s
    group by all
),

safe as (
    select
        m.ancestor_id,
        m.goal_id,
        m.month,
        m.step,
        m.people,
        m.amount,
        m.pairs,
        bool_or(m.is_small_end or m.people < s.min_people or (m.step = 'other' and m.steps < 2)) over (partition by m.ancestor_id, m.goal_id, m.month) as is_hidden
    from merged as m
    cross join core.dim_settings as s
)

select
    'as_was'                                          as view_name,
    s.ancestor_id,
    s.month,
    s.goal_id,
    g.name                                            as goal_name,
    l.launched_date,
    l.open_date,
    l.close_date,
    s.step,
    case when not s.is_hidden then s.amount end       as amount,
    case when not s.is_hidden then s.pairs end        as pairs,
    case when not s.is_hidden then s.people end       as people_n,
    s.is_hidden
from safe as s
inner join core.fct_gap_launches as l on s.goal_id = l.goal_id
left join core.dim_goals as g on s.goal_id = g.goal_id
order by s.ancestor_id, s.goal_id, s.step
