-- Grain: one course and stretch of days on which it reaches a competency that an objective asks for.
with spans as (
    select c.course_id, r.valid_from, r.valid_to
    from core.fct_course_competencies as c
    inner join core.fct_requirement_spans as r on c.competency_id = r.competency_id
    where r.goal_id is not null
),

marked as (
    select *, coalesce(valid_from > max(valid_to) over (
        partition by course_id order by valid_from, valid_to rows between unbounded preceding and 1 preceding
    ), true) as is_new
    from spans
),

numbered as (
    select *, count(*) filter (where is_new) over (partition by course_id order by valid_from, valid_to rows unbounded preceding) as stretch
    from marked
)

select course_id, min(valid_from) as from_date, max(valid_to) as to_date
from numbered
group by course_id, stretch
