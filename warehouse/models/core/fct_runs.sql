-- Grain: one run of one stream of one source. Error texts may quote values, and
-- values may be about people: what stands in quotes is left out.
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
    len(warnings)                                      as warnings,
    regexp_replace(error, '"[^"]*"', '"…"', 'g')        as error,
    row_number() over (partition by source, stream order by started_at desc, run_id desc) = 1 as is_latest
from staging.runs
