-- Grain: one competency that one course teaches.
select distinct course_id, competency_id
from staging.course_competency
