-- Grain: one run of one stream, the last 200.
select
    run_id,
    source,
    stream,
    target,
    started_at,
    finished_at,
    status,
    rows_read,
    inserted,
    updated,
    unchanged,
    rejected,
    deleted,
    data_as_of,
    warnings,
    error
from core.fct_runs
order by started_at desc, run_id desc
limit 200
