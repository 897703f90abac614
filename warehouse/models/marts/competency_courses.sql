-- Grain: one competency that one course teaches.
select distinct t.competency_id, t.course_id, coalesce(c.name, t.course_id) as course_name
from core.fct_course_competencies as t
left join core.dim_courses as c on t.course_id = c.course_id
order by t.competency_id, t.course_id
