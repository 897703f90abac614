-- Page: /strategic-results. One row per tactic: whom it was meant for and whom it reached.
-- topic: results
-- class: aggregate
-- scope: company
-- people: people_n
select tactic_id, eligible_people, case when is_reached_hidden is not distinct from false then reached_people end as reached_people, eligible_units, reached_units,
  coalesce(is_reached_hidden, false) as is_reached_hidden, nullif(people_n, 0) as people_n, is_hidden
from marts.tactics
order by tactic_id
