-- Page: /strategic-results. One row per tactic, in order of name.
-- topic: results
-- class: none
-- people: none
select tactic_id, name, tactic_type, launched_month, ended_date, is_one_off, planned_cost_amount, cost_currency, is_orphan
from marts.tactics
order by name, tactic_id
