-- Extract: tactic_overlap. One row per tactic and another one in the same units; empty is none, the tactic itself is all.
-- class: none
-- topic: portfolio
-- people: none
select tactic_id, other_tactic_id, units
from marts.tactic_overlap
where $tactic is null or tactic_id = $tactic
order by tactic_id, other_tactic_id
