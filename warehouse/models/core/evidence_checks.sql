-- Grain: one gate, cap or check of one evidence run, as it was stored.
select
    evidence_run_id,
    position,
    rung,
    is_cap,
    name,
    status,
    measure,
    value,
    "limit",
    is_least,
    words
from staging.evidence_checks
