-- Page: /gaps. One row per snapshot that was frozen under a name.
-- topic: competency
-- class: none
-- people: none
select name, made_at, note, frozen_month
from marts.gap_snapshots
order by made_at desc, name
