-- Grain: one review of a review, as each source states it now.
select
    review_id,
    checker_id,
    checked_date,
    is_passed,
    source,
    stated_at,
    recorded_at
from raw.review_check
where superseded_at is null and deleted_at is null
