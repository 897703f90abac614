-- Grain: one objective as it stands on the last day of the data. An objective of one person
-- or a task is_personal: rows about it are rows about its owner. first_due_date is the one
-- that was approved first, due_date the one in force.
-- state: draft, planned (starts later), open, overdue (open after the date in force), done,
-- abandoned. is_current: open and not overdue, what a path to the strategy may lead over.
with latest as (
    select
        g.goal_id,
        g.name,
        g.parent_id,
        g.level,
        g.owner_id,
        g.unit_id,
        g.period,
        g.start_date,
        g.due_date,
        g.baseline,
        g.target,
        g.weight,
        g.metric_id,
        g.status,
        g.cadence_days,
        g.curve,
        g.stated_to,
        h.as_of_date
    from core.fct_goal_versions as g
    cross join core.dim_horizon as h
    qualify row_number() over (
        partition by g.goal_id order by g.stated_from > h.as_of_date, case when g.stated_from <= h.as_of_date then g.stated_from end desc, g.stated_from
    ) = 1
),

-- what was approved first, and when it ended
history as (
    select
        v.goal_id,
        arg_min(v.due_date, v.valid_from) filter (v.status <> 'draft' or v.status is null)  as first_due_date,
        count(distinct v.due_date) filter (v.status <> 'draft' or v.status is null)         as due_dates,
        min(v.stated_from) filter (v.status = 'done' and v.stated_from <= h.as_of_date)      as done_date,
        min(v.stated_from) filter (v.status = 'abandoned' and v.stated_from <= h.as_of_date) as abandoned_date
    from core.fct_goal_versions as v
    cross join core.dim_horizon as h
    group by v.goal_id
),

placed as (
    select
        l.goal_id,
        l.name,
        l.parent_id,
        l.level,
        list_position(['strategic', 'supporting', 'department', 'team', 'individual', 'task'], l.level) as level_position,
        l.level in ('individual', 'task')                                       as is_personal,
        l.owner_id,
        coalesce(l.unit_id, '(no unit)')                                         as unit_id,
        l.period,
        l.start_date,
        l.due_date,
        coalesce(h.first_due_date, l.due_date)                                   as first_due_date,
        l.baseline,
        l.target,
        greatest(coalesce(l.weight, 1), 0)                                       as weight,
        l.metric_id,
        l.cadence_days,
        case when lower(l.curve) in ('s-curve', 'front-loaded', 'back-loaded') then lower(l.curve) else 'linear' end as curve,
        case when l.status = 'done' then h.done_date end                         as done_date,
        case when l.status = 'abandoned' then h.abandoned_date end               as abandoned_date,
        case
            when l.status in ('draft', 'done', 'abandoned') then l.status
            when l.stated_to <= l.as_of_date then 'abandoned'
            when l.start_date > l.as_of_date then 'planned'
            when l.due_date < l.as_of_date then 'overdue'
            else 'open'
        end                                                                      as state,
        l.as_of_date
    from latest as l
    inner join history as h on l.goal_id = h.goal_id
)

select
    goal_id,
    name,
    parent_id,
    level,
    level_position,
    is_personal,
    owner_id,
    unit_id,
    period,
    start_date,
    due_date,
    first_due_date,
    baseline,
    target,
    weight,
    metric_id,
    cadence_days,
    curve,
    done_date,
    abandoned_date,
    state,
    state = 'open'              as is_current,
    state in ('open', 'overdue') as is_open,
    as_of_date
from placed
