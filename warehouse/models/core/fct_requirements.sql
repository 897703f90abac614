-- Grain: the level of a competency that a job title needs, in a unit or everywhere
-- (unit_id is null), as it stood; valid_to is as stated, null is open.
select
    source,
    competency_id,
    job_title_id,
    unit_id,
    level,
    weight,
    goal_id,
    valid_from,
    valid_to
from staging.requirement
