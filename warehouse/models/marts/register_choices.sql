-- Grain: one thing that an entry of the register may refer to, by its kind.
select 'goal' as kind, goal_id as choice_id, name as label
from core.dim_goals
where level not in ('individual', 'task') and coalesce(status, 'active') <> 'abandoned'

union all

select 'metric', metric_id, name
from core.dim_metrics

union all

select 'tactic', tactic_id, name
from core.dim_tactics

union all

select 'need', need_id, title
from core.dim_needs

union all

select 'course', course_id, name
from core.dim_courses

union all

select 'link', tactic_link_id, tactic_link_id
from core.fct_tactic_links

union all

select 'title', job_title_id, name
from core.dim_title_names
