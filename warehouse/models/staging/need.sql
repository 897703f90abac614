-- Grain: one business need that somebody brought, as each source states it now.
select
    need_id,
    title,
    owner_id,
    opened_date,
    goal_id,
    is_customer_feedback,
    was_neutral,
    had_owner_access,
    is_shared,
    source,
    stated_at,
    recorded_at
from raw.need
where superseded_at is null and deleted_at is null
