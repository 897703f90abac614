-- Page: frame and /workforce. One row per source, in the order of the configuration.
-- topic: frame
-- class: none
-- people: none
select source, kind, schedule, last_success_at, last_status, data_as_of, rows, rejected, last_error
from marts.source_freshness
order by source
