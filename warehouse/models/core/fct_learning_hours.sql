-- Grain: one attempt of one learner at one course that took hours or was completed, on the day it was done, else
-- begun. hours: as stated, else the course's own where it was completed. is_aligned: the course
-- reaches a competency that an objective asked for on that day.
with spent as (
    select
        l.learner_id,
        l.person_id,
        l.course_id,
        l.session_id,
        coalesce(l.completed_date, l.started_date, l.assigned_date)                                                        as day,
        case when l.hours > 0 or not l.is_hours_unknown then l.hours when l.is_completed then coalesce(c.duration_hours, 0) else 0 end as hours,
        l.is_hours_unknown and not l.is_completed                                                                          as is_hours_unknown,
        l.is_completed,
        l.origin,
        coalesce(c.purpose, '(not stated)')                                                                                as purpose,
        coalesce(c.modality, '(not stated)')                                                                               as modality,
        coalesce(c.kind, '(not stated)')                                                                                   as kind
    from core.fct_learning as l
    left join core.dim_courses as c on l.course_id = c.course_id
    where not l.is_exempt
)

select
    s.learner_id,
    s.person_id,
    s.course_id,
    s.session_id,
    s.day,
    s.hours,
    s.is_completed,
    s.origin,
    s.purpose,
    s.modality,
    s.kind,
    a.course_id is not null as is_aligned
from spent as s
left join core.fct_course_alignment as a on s.course_id = a.course_id and s.day >= a.from_date and s.day < a.to_date
where s.hours > 0 or s.is_completed
