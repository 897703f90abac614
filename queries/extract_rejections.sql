-- Extract: rejections. One row per source, stream, column and reason; no values.
-- class: none
-- topic: trust
-- people: none
select source, stream, column_name, reason, rows, last_seen_at
from marts.rejections
where $source is null or source = $source
order by source, stream, column_name, reason
