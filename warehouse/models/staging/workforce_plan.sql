-- Grain: planned heads of a unit and title in a period, as each source states it now.
select
    unit_id,
    job_title_id,
    period_start_date,
    plan_version,
    planned_heads,
    source,
    stated_at,
    recorded_at
from raw.workforce_plan
where superseded_at is null and deleted_at is null
