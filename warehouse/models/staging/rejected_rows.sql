-- Grain: one rejected record; its value and payload stay behind, they may be about people.
select
    run_id,
    source,
    stream,
    column_name,
    reason
from meta.rejected_row
