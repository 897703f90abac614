-- Grain: one answer to one item of one survey wave, as each source states it now.
select
    survey_id,
    wave,
    item,
    respondent,
    unit_id,
    goal_id,
    value,
    asked,
    answered,
    answered_date,
    source,
    stated_at,
    recorded_at
from raw.survey_result
where superseded_at is null and deleted_at is null
