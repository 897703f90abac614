-- Grain: one course, or one version of it (version_id is not empty), and unit: its learners and
-- attempts of all times, and how they ended; the sum and number of scores.
with ended as (
    select
        w.month,
        l.learner_id,
        l.course_id,
        l.course_version_id,
        l.is_completed or l.is_passed is not null and not l.is_withdrawn        as is_completed,
        coalesce(l.is_passed, false) and not l.is_withdrawn                     as is_passed,
        l.is_withdrawn,
        l.score
    from core.fct_learning as l
    inner join core.dim_learning_windows as w on w.window_id = 'now'
    where not l.is_exempt and l.assigned_date < w.to_date
),

each as (
    select month, learner_id, course_id, '' as version_id, is_completed, is_passed, is_withdrawn, score
    from ended

    union all

    select month, learner_id, course_id, course_version_id, is_completed, is_passed, is_withdrawn, score
    from ended
    where course_version_id <> ''
),

learners as (
    select
        month,
        learner_id,
        course_id,
        version_id,
        count(*)                                       as attempts,
        count(*) filter (where is_passed)              as passed,
        count(*) filter (where is_completed)           as completed,
        count(*) filter (where is_withdrawn)           as withdrawn,
        count(score)                                   as scores,
        coalesce(sum(score), 0)                        as score_sum
    from each
    group by month, learner_id, course_id, version_id
)

select
    'now|result|' || l.course_id || '|' || l.version_id   as measure,
    l.month,
    l.course_id,
    l.version_id,
    p.unit_id,
    count(*)                                       as people,
    count(*) filter (where l.passed > 0)           as numerator,
    sum(l.attempts)::bigint                        as items,
    sum(l.passed)::bigint                          as items_done,
    sum(l.completed)::bigint                       as completed,
    sum(l.withdrawn)::bigint                       as withdrawn,
    sum(l.scores)::bigint                          as scores,
    sum(l.score_sum)                               as score_sum
from learners as l
inner join core.fct_learner_places as p on l.month = p.month and l.learner_id = p.learner_id
group by all
