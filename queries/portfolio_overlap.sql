-- Page: /tactics. One row per tactic and another one that its units had at the same time; '' is none, the tactic itself is all.
-- topic: portfolio
-- class: none
-- people: none
select tactic_id, other_tactic_id, units
from marts.tactic_overlap
order by tactic_id, other_tactic_id
