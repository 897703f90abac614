-- Grain: one rejected record. Its value and payload may be about people: core.fct_rejected_rows
-- hands them to the operator, and nothing else may.
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
from meta.rejected_row
