-- Grain: one measure (course|step) and unit: how many people are behind it and, of a step, how many of them are there. completed
-- with an assessment; applied of completed; dose, applied by hours against the course's own; rated before and after, trained and not.
with steps as (
    select a.course_id, a.learner_id, x.step, x.is_done
    from core.fct_applied as a
    left join core.dim_courses as c on a.course_id = c.course_id
    left join (select learner_id, course_id, bool_or(is_assessed) as is_assessed from core.fct_learning group by learner_id, course_id) as l
        on a.learner_id = l.learner_id and a.course_id = l.course_id
    cross join lateral (
        values
        ('assessed', coalesce(l.is_assessed, false)),
        ('applied', a.applied_date is not null),
        (case when c.duration_hours > 0 and a.hours > 0 then case when a.hours < 0.9 * c.duration_hours then 'dose-1' when a.hours <= 1.1 * c.duration_hours then 'dose-2' else 'dose-3' end end, a.applied_date is not null)
    ) as x (step, is_done)
    where x.step is not null

    union all

    select course_id, learner_id, case when is_trained then 'rated' else 'rated-others' end, null::boolean
    from core.fct_before_after
    group by all
)

select
    s.course_id || '|' || s.step            as measure,
    p.month,
    p.unit_id,
    count(*)                                as people,
    count(*) filter (where s.is_done)       as done,
    bool_or(s.is_done is not null)          as has_done
from steps as s
inner join core.dim_learning_windows as w on w.window_id = 'now'
inner join core.fct_learner_places as p on w.month = p.month and s.learner_id = p.learner_id
group by s.course_id || '|' || s.step, p.month, p.unit_id
