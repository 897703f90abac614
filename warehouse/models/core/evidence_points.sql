-- Grain: one point of a curve of one evidence run, as it was stored.
select
    evidence_run_id,
    position,
    kind,
    name,
    x,
    month,
    value,
    other,
    low,
    high
from staging.evidence_points
