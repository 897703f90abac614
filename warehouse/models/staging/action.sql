-- Grain: one follow-up action of a review, as each source states it now.
select
    action_id,
    review_id,
    owner_id,
    due_date,
    done_date,
    source,
    stated_at,
    recorded_at
from raw.action
where superseded_at is null and deleted_at is null
