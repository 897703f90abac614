-- Grain: one attempt of one known person at one course, for those who may see rows about people:
-- never a score, nor who is on leave.
select
    l.person_id,
    l.enrolment_id,
    l.course_id,
    coalesce(c.name, l.course_id)                         as course_name,
    l.course_version_id,
    p.unit_id                                             as unit_at_day,
    p.job_title_id                                        as title_at_day,
    p.location                                            as location_at_day,
    p.employment_type                                     as type_at_day,
    l.origin,
    l.assigned_date,
    l.assigned_basis,
    l.due_date,
    l.started_date,
    l.done_date,
    l.withdrawn_date,
    x.left_date,
    l.is_assigned,
    l.is_completed,
    l.is_assessed,
    l.is_exempt,
    l.is_withdrawn and l.done_date is null                as is_withdrawn,
    l.is_assigned and l.due_date < w.reference_date and not l.is_exempt and not l.is_withdrawn and p.is_active
    and not coalesce(l.done_date <= w.state_date, l.is_completed and l.done_date is null) as is_overdue,
    case when l.due_date < w.reference_date and l.done_date is null then w.reference_date - l.due_date end as days_overdue
from core.fct_learning as l
inner join core.dim_learning_windows as w on w.window_id = 'now'
left join core.fct_learner_places as p on w.month = p.month and l.learner_id = p.learner_id
left join core.fct_leavers as x on l.person_id = x.person_id
left join core.dim_courses as c on l.course_id = c.course_id
where l.person_id is not null
