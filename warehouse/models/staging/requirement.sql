-- Grain: the level of a competency that a job title needs, in a unit or everywhere, as each source states it now.
-- valid_to is as stated: null is open.
select
    competency_id,
    job_title_id,
    unit_id,
    level,
    weight,
    goal_id,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.requirement
where superseded_at is null and deleted_at is null
