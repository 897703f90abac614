-- Grain: one solution put in place, as each source states it now. valid_to is as stated: null is open.
select
    tactic_id,
    name,
    tactic_type,
    need_id,
    owner_id,
    approved_date,
    launched_date,
    ended_date,
    planned_cost_amount,
    currency,
    sessions_planned,
    has_follow_up,
    course_id,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.tactic
where superseded_at is null and deleted_at is null
