-- Page: /workforce. One row per source, stream, column and reason of rejected rows, the most frequent first; no values.
-- topic: trust
-- class: none
-- people: none
select source, stream, column_name, reason, rows, last_seen_at
from marts.rejections
order by rows desc, source, stream, column_name, reason
limit 50
