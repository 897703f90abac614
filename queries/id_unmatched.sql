-- Page: /workforce. One row per source, use and reason why ids match nobody; numbers only where no reason of the source has few.
-- topic: trust
-- class: aggregate
-- scope: company
-- people: ids
select source, system, reason, case when not is_few then ids end as ids, is_few, false as is_hidden
from (
  select *, min(ids) over (partition by source, system) < $min_people as is_few
  from marts.id_unmatched
)
order by system, source, reason
