-- Extract: source_freshness. One row per source: when it was last read, and how that went.
-- class: none
-- topic: trust
-- people: none
select source, kind, schedule, last_success_at, last_status, data_as_of, rows, rejected
from marts.source_freshness
where $source is null or source = $source
order by source
