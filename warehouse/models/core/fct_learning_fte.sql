-- Grain: one window and unit, and (attribute frontline) whether the title is at the front line: mean full-time
-- equivalents of its days; employees alone.
with windows as (
    select window_id, month, greatest(from_date, (select min(valid_from) from core.fct_jobs)) as from_date, to_date
    from core.dim_learning_windows
    where window_id in ('fy', 'last-fy', 'rolling-12')
),

frontline as (
    select job_title_id, bool_or(is_frontline) as is_frontline
    from core.dim_job_titles
    group by job_title_id
)

select
    w.window_id,
    w.month,
    j.unit_id,
    case when f.is_frontline then 'yes' else 'no' end   as is_frontline,
    sum(j.fte_share * (least(j.valid_to, w.to_date) - greatest(j.valid_from, w.from_date))) / any_value(w.to_date - w.from_date) as fte
from windows as w
inner join core.fct_jobs as j on j.is_employee and j.valid_from < w.to_date and j.valid_to > w.from_date
left join frontline as f on j.job_title_id = f.job_title_id
group by w.window_id, w.month, j.unit_id, 4
