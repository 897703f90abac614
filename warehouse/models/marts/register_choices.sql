-- Grain: one thing that an entry of the register may refer to, by its kind. of_unit: it is for readers of
-- that unit alone; objectives of a unit at the top of the tree are everybody's.
select
    'goal'                                              as kind,
    g.goal_id                                           as choice_id,
    g.name                                              as label,
    case when u.parent_id is not null then g.unit_id end as of_unit
from core.dim_goals as g
left join core.dim_units as u on g.unit_id = u.unit_id
where g.level not in ('individual', 'task') and coalesce(g.status, 'active') <> 'abandoned'

union all

select 'metric', metric_id, name, null
from core.dim_metrics

union all

select 'tactic', tactic_id, name, null
from core.dim_tactics

union all

select 'need', need_id, title, null
from core.dim_needs

union all

select 'course', course_id, name, null
from core.dim_courses

union all

select 'link', tactic_link_id, tactic_link_id, null
from core.fct_tactic_links

union all

select 'title', job_title_id, name, null
from core.dim_title_names
