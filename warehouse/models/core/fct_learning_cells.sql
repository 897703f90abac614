-- Grain: one measure, reference month, unit and (attribute = '') all of its people, or those of one
-- title, location or type. measure is window|step|course|version; people are the denominator,
-- numerator those of them for whom the step is done; items and items_done the same of assignments.
with steps as (
    select window_id, month, learner_id, '' as course_id, sum(assigned) as assigned, sum(withdrawn) as withdrawn, sum(exempt) as exempt,
        sum(left_before_due) as left_before_due, sum(first_seen) as first_seen, sum(base) as base, sum(started) as started,
        sum(completed) as completed, sum(assessed) as assessed, sum(due) as due, sum(overdue) as overdue
    from core.fct_learner_steps
    group by window_id, month, learner_id

    union all

    select window_id, month, learner_id, course_id, assigned, withdrawn, exempt, left_before_due, first_seen, base, started, completed, assessed, due, overdue
    from core.fct_learner_steps
    where window_id <> 'cohort'
),

-- what a learner counts for in each step: a numerator and a denominator, of people and of assignments
counted as (
    select s.window_id, s.month, s.learner_id, s.course_id, '' as version_id, x.step, x.items, x.items_done, x.is_done
    from steps as s
    cross join lateral (
        values
        ('withdrawn', s.assigned, s.withdrawn, s.withdrawn > 0),
        ('exempt', s.assigned, s.exempt, s.exempt > 0),
        ('left', s.assigned, s.left_before_due, s.left_before_due > 0),
        ('first-seen', s.assigned, s.first_seen, s.first_seen > 0),
        ('started', s.base, s.started, s.started > 0),
        ('completed', s.base, s.completed, s.completed = s.base),
        ('assessed', s.base, s.assessed, s.assessed > 0)
    ) as x (step, items, items_done, is_done)
    where x.items > 0 and s.window_id <> 'now' and (s.window_id <> 'cohort' or x.step = 'completed') and (s.course_id = '' or x.step in ('started', 'completed', 'assessed'))

    union all

    -- people on leave apart
    select s.window_id, s.month, s.learner_id, s.course_id, '', x.step, s.due, x.items_done, x.items_done > 0
    from steps as s
    inner join core.fct_learner_places as p on s.month = p.month and s.learner_id = p.learner_id
    cross join lateral (
        values
        ('overdue', case when p.is_on_leave then 0 else s.overdue end, not p.is_on_leave),
        ('overdue-on-leave', case when p.is_on_leave then s.overdue else 0 end, p.is_on_leave)
    ) as x (step, items_done, is_theirs)
    where s.window_id = 'now' and s.due > 0 and x.is_theirs and p.is_active

    union all

    select 'now', f.month, f.person_id, f.course_id, '', x.step, 1, x.is_done::integer, x.is_done
    from core.fct_learning_proofs as f
    cross join lateral (
        values
        ('in-time', true, f.is_in_time and coalesce(f.valid_until <= f.reference_date, true)),
        ('compliant', not f.is_in_time or coalesce(f.valid_until > f.reference_date, false), coalesce(f.valid_until > f.reference_date, false)),
        ('lapsed', not f.is_in_time or coalesce(f.valid_until > f.reference_date, false), coalesce(f.valid_until <= f.reference_date, false)),
        ('expiring-30', coalesce(f.valid_until > f.reference_date, false), f.valid_until <= f.reference_date + 30),
        ('expiring-60', coalesce(f.valid_until > f.reference_date, false), f.valid_until <= f.reference_date + 60),
        ('expiring-90', coalesce(f.valid_until > f.reference_date, false), f.valid_until <= f.reference_date + 90)
    ) as x (step, is_counted, is_done)
    where x.is_counted

    union all

    select 'now', month, person_id, '', '', 'engaged', 1, is_active_in_learning::integer, is_active_in_learning
    from core.fct_team_learning
),

placed as (
    select c.*, p.unit_id, '' as attribute, '' as attribute_value
    from counted as c
    inner join core.fct_learner_places as p on c.month = p.month and c.learner_id = p.learner_id

    union all

    select c.*, p.unit_id, a.attribute, a.attribute_value
    from counted as c
    inner join core.fct_learner_places as p on c.month = p.month and c.learner_id = p.learner_id
    cross join lateral (
        values ('title', p.job_title_id), ('location', p.location), ('type', p.employment_type)
    ) as a (attribute, attribute_value)
    where c.window_id = 'now' and (c.course_id = '' and c.step in ('overdue', 'engaged') or c.step = 'compliant')
)

select
    window_id || '|' || step || '|' || course_id || '|' || version_id    as measure,
    window_id,
    step,
    course_id,
    version_id,
    month,
    unit_id,
    attribute,
    attribute_value,
    count(*)                                        as people,
    -- how an assignment came to be known is no secret of anybody's
    case when step <> 'first-seen' then count(*) filter (where is_done) end as numerator,
    sum(items)::bigint                              as items,
    sum(items_done)::bigint                         as items_done
from placed
group by window_id, step, course_id, version_id, month, unit_id, attribute, attribute_value
