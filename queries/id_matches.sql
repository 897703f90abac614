-- Page: /workforce. One row per source and use of person ids; fewer than the floor that match none are said as few only.
-- topic: trust
-- class: aggregate
-- scope: company
-- people: ids
select source, system, ids, case when not is_few then unmatched_ids end as unmatched_ids, is_few, false as is_hidden
from (
  select *, unmatched_ids > 0 and unmatched_ids < $min_people as is_few
  from marts.id_matches
)
order by system, source
