-- Grain: one reviewer and fiscal year: their reviews, held on time and followed up, and whether they had completed a
-- training for those who lead (a course of purpose leadership: leading, coaching, feedback, reviewing) before.
-- trained_date is that of the first such completion.
with trained as (
    select e.person_id, min(e.completed_at::date) as trained_date
    from core.fct_enrolments as e
    where
        e.course_id in (select course_id from staging.course where purpose = 'leadership')
        and e.completed_at is not null
        and e.person_id is not null
        and coalesce(e.is_passed, true)
    group by e.person_id
)

select
    r.reviewer_id,
    r.month,
    r.fiscal_year,
    any_value(t.trained_date)                                                        as trained_date,
    min(coalesce(r.held_date, r.due_date))                                           as first_date,
    coalesce(any_value(t.trained_date) < min(coalesce(r.held_date, r.due_date)), false) as is_trained,
    count(*)                                                                         as reviews,
    count(r.due_date)                                                                as due,
    count(*) filter (where r.held_date <= r.due_date)                                as on_time,
    sum(r.actions_due)                                                               as actions_due,
    sum(r.actions_on_time)                                                           as actions_on_time
from core.fct_reviews as r
left join trained as t on r.reviewer_id = t.person_id
where r.reviewer_id is not null
group by r.reviewer_id, r.month, r.fiscal_year
