-- Extract: runs. One row per run of one stream.
-- class: none
-- topic: trust
-- people: none
select run_id, source, stream, started_at, finished_at, status, rows_read, inserted, updated, unchanged, rejected, deleted, warnings, error
from marts.runs
where $source is null or source = $source
order by run_id, source, stream
