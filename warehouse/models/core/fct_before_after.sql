-- Grain: one learner, course and competency that it teaches, by managers' ratings as shares of the scale: the last in the
-- year before the first completion, and the first from 14 days after it on. is_trained: false for
-- who was rated twice or more and never completed the course: the last two.
with rated as (
    select person_id, competency_id, assessed_date, avg(share) as level
    from core.fct_ratings
    where rater_type = 'manager'
    group by person_id, competency_id, assessed_date
),

taught as (
    select distinct course_id, competency_id
    from core.fct_course_competencies
),

trained as (
    select
        d.course_id,
        t.competency_id,
        d.learner_id,
        arg_max(r.level, r.assessed_date) filter (where r.assessed_date <= d.completed_date and r.assessed_date > d.completed_date - 365)  as before_level,
        arg_min(r.level, r.assessed_date) filter (where r.assessed_date >= d.completed_date + 14)                                         as after_level
    from core.fct_applied as d
    inner join taught as t on d.course_id = t.course_id
    inner join rated as r on d.learner_id = r.person_id and t.competency_id = r.competency_id
    group by d.course_id, t.competency_id, d.learner_id, d.completed_date
),

pairs as (
    select
        person_id,
        competency_id,
        level                                                                                            as before_level,
        lead(level) over (partition by person_id, competency_id order by assessed_date)                  as after_level,
        row_number() over (partition by person_id, competency_id order by assessed_date desc)            as back
    from rated
)

select course_id, competency_id, learner_id, true as is_trained, before_level, after_level
from trained
where before_level is not null and after_level is not null

union all

select t.course_id, p.competency_id, p.person_id, false, p.before_level, p.after_level
from taught as t
inner join pairs as p on t.competency_id = p.competency_id and p.back = 2
left join core.fct_applied as d on t.course_id = d.course_id and p.person_id = d.learner_id
where d.learner_id is null and p.after_level is not null
