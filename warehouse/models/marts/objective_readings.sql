-- Grain: one objective of a unit and day on which its progress was read, in order.
select
    g.goal_id,
    g.unit_id,
    p.as_of_date,
    p.progress,
    p.is_warned,
    p.owner_status
from core.fct_goal_progress as p
inner join core.fct_goals as g on p.goal_id = g.goal_id
where not g.is_personal and p.progress is not null
order by g.goal_id, p.as_of_date
