-- Grain: one rejected record with its value and payload, for whoever mends the source:
-- an operator exports it, no mart reads it.
select
    run_id,
    source,
    stream,
    source_file,
    record,
    line,
    column_name,
    value,
    reason,
    payload
from staging.rejected_rows
