-- Grain: one rater's finding of one person's competency on a day, as each source states it now.
select
    assessment_id,
    person_id,
    competency_id,
    rater_id,
    rater_type,
    value,
    scale_id,
    assessed_date,
    wave,
    source,
    stated_at,
    recorded_at
from raw.assessment
where superseded_at is null and deleted_at is null
