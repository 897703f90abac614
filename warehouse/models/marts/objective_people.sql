-- Grain: one objective of one person, or task, that is open, with its owner: a row about a person.
select
    g.owner_id                                                  as person_id,
    g.goal_id,
    coalesce(g.name, g.goal_id)                                 as name,
    g.level,
    p.name                                                      as parent_name,
    g.unit_id,
    g.start_date,
    g.due_date,
    g.first_due_date,
    g.curve,
    g.state,
    s.progress,
    s.expected_progress,
    s.reading_date,
    s.owner_status,
    s.computed_status,
    s.is_stalled,
    l.has_sight,
    l.broken,
    r.days,
    r.progresses
from core.fct_goals as g
inner join core.fct_goal_states as s on g.goal_id = s.goal_id
inner join core.fct_goal_paths as l on g.goal_id = l.goal_id
left join core.fct_goals as p on g.parent_id = p.goal_id
left join (
    select goal_id, list(as_of_date order by as_of_date) as days, list(progress order by as_of_date) as progresses
    from core.fct_goal_progress
    where progress is not null
    group by goal_id
) as r on g.goal_id = r.goal_id
where g.is_personal and g.is_open and g.owner_id is not null
