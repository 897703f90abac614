-- Grain: one course and one change of a manager's rating of a competency that it teaches: of those who completed
-- this course alone on it meanwhile, and of those who had completed none by then.
select
    t.course_id,
    c.competency_id,
    c.person_id,
    c.from_share,
    date_trunc('quarter', c.to_date)::date as quarter,
    c.to_share - c.from_share              as change,
    len(c.course_ids) > 0                  as is_trained
from core.fct_course_competencies as t
inner join core.fct_gap_changes as c on t.competency_id = c.competency_id
-- who completed several courses on it meanwhile says nothing of each
where c.course_ids = [t.course_id] or c.is_untrained
