-- Grain: one participant's or manager's estimate of a tactic's share, as each source states it now.
select
    tactic_id,
    metric_id,
    respondent,
    respondent_type,
    contribution_pct,
    confidence_pct,
    answered_date,
    source,
    stated_at,
    recorded_at
from raw.contribution_estimate
where superseded_at is null and deleted_at is null
