-- Page: /strategic-results. One row per tactic: whom it was meant for and whom it reached.
-- topic: results
-- class: aggregate
-- scope: company
-- people: people_n
select tactic_id, eligible_people, reached_people, eligible_units, reached_units, nullif(people_n, 0) as people_n, is_hidden
from marts.tactics
order by tactic_id
