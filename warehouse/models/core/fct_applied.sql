-- Grain: one learner and course that they completed: the first completion, and the days from it to the first sign that it
-- was used at work, or until when nobody saw one. A sign is an answer to a question of step application with a
-- value above 0 from a known learner, or an xAPI statement whose verb says applied, used or demonstrated.
with horizon as (
    select reference_date
    from core.dim_learning_windows
    where window_id = 'now'
),

completed as (
    select l.learner_id, l.course_id, min(l.completed_date) as completed_date, sum(l.hours) as hours
    from core.fct_learning as l
    cross join horizon as h
    where l.completed_date <= h.reference_date
    group by l.learner_id, l.course_id
),

signs as (
    select i.key_id as learner_id, f.course_id, f.answered_date as day
    from staging.learning_feedback as f
    inner join core.fct_person_ids as p on p.system = '*' and p.legal_entity = '*' and f.respondent = p.value and not p.is_ambiguous
    inner join (select distinct person_id, key_id from core.fct_learner_ids where person_id is not null) as i on p.person_id = i.person_id
    where f.step = 'application' and f.value > 0

    union all

    select i.key_id, coalesce(c.course_id, x.course_id), e.occurred_at::date
    from staging.learning_event as e
    inner join core.fct_learner_ids as i on e.source = i.source and e.person_id = i.value
    left join (select distinct course_id from core.dim_courses) as c on regexp_extract(e.object, '[^/]+$') = c.course_id
    left join (select system, value, min(course_id) as course_id from staging.course_xref group by system, value) as x
        on e.source = x.system and regexp_extract(e.object, '[^/]+$') = x.value
    where regexp_matches(e.verb, '(applied|used|demonstrated)$')
)

select
    c.learner_id,
    c.course_id,
    c.completed_date,
    c.hours,
    min(s.day)                                                                                            as applied_date,
    greatest(coalesce(min(s.day), least(any_value(h.reference_date), coalesce(any_value(x.left_date), date '9999-12-31'))) - c.completed_date, 0) as days
from completed as c
cross join horizon as h
left join signs as s on c.learner_id = s.learner_id and c.course_id = s.course_id and s.day >= c.completed_date and s.day <= h.reference_date
left join core.fct_leavers as x on c.learner_id = x.person_id
group by c.learner_id, c.course_id, c.completed_date, c.hours
