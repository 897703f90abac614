-- Grain: one course that is known or was taken.
with ruled as (
    select distinct course_id
    from core.fct_learning_audience
)

select
    k.course_id,
    coalesce(c.name, k.course_id)                                              as name,
    c.purpose,
    c.modality,
    c.kind,
    c.duration_hours,
    coalesce(c.is_customer_led, false)                                         as is_customer_led,
    k.course_id in (select course_id from ruled)                       as has_rule
from (select course_id from core.dim_courses union select course_id from core.fct_learning) as k
left join core.dim_courses as c on k.course_id = c.course_id
