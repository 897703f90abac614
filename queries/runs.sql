-- Page: /workforce. One row per run of a stream, the latest first.
-- topic: trust
-- class: none
-- people: none
select run_id, source, stream, started_at, finished_at, status, rows_read, inserted, updated, unchanged, rejected, deleted,
  warnings, error
from marts.runs
order by started_at desc, run_id desc
limit 60
