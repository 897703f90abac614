-- Grain: one course and step of feedback: who answered, and how.
select
    f.course_id,
    f.step,
    count(distinct f.respondent)                                                        as respondents,
    avg(f.value)                                                                        as mean_value,
    max(f.value)                                                                        as most,
    count(distinct f.respondent) filter (where f.value > 0)                             as positive
from staging.learning_feedback as f
group by f.course_id, f.step
