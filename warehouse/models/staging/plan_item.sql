-- Grain: one item of one person's development plan, as each source states it now.
select
    plan_item_id,
    person_id,
    review_id,
    competency_id,
    course_id,
    due_date,
    done_date,
    from_customer_feedback,
    source,
    stated_at,
    recorded_at
from raw.plan_item
where superseded_at is null and deleted_at is null
