-- Grain: one review of one person, as each source states it now.
select
    review_id,
    review_cycle_id,
    person_id,
    reviewer_id,
    due_date,
    held_date,
    mode,
    were_both_present,
    completed_date,
    rating,
    scale_id,
    source,
    stated_at,
    recorded_at
from raw.review
where superseded_at is null and deleted_at is null
