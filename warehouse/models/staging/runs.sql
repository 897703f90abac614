-- Grain: one run of one stream of one source.
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
    watermark,
    data_as_of,
    warnings,
    error
from meta.run
