-- Grain: one attempt of one known person at one course that took hours or was completed, for those who may
-- see rows about people: what the hours of learning investment are made of. Where the person works,
-- and whether at the front line, is that of the last day.
with frontline as (
    select job_title_id, bool_or(is_frontline) as is_frontline
    from core.dim_job_titles
    group by job_title_id
)

select
    h.person_id,
    h.course_id,
    coalesce(c.name, h.course_id)       as course_name,
    h.day                               as hours_date,
    h.hours::double                     as hours,
    h.purpose,
    h.modality,
    h.kind,
    h.origin,
    h.is_completed,
    h.is_aligned,
    p.unit_id                           as unit_at_day,
    p.job_title_id                      as title_at_day,
    p.location                          as location_at_day,
    p.employment_type                   as type_at_day,
    coalesce(f.is_frontline, false)     as is_frontline_at_day
from core.fct_learning_hours as h
inner join core.dim_learning_windows as w on w.window_id = 'now'
left join core.fct_learner_places as p on w.month = p.month and h.learner_id = p.learner_id
left join frontline as f on p.job_title_id = f.job_title_id
left join core.dim_courses as c on h.course_id = c.course_id
where h.person_id is not null
