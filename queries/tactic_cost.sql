-- Page: /strategic-results. One row per tactic: cost to date, with the hours of its participants at loaded rates.
-- topic: results
-- class: pay
-- scope: company
-- people: people_n
select tactic_id, case when not is_direct_cost_hidden then direct_cost_amount end as direct_cost_amount,
  loaded_cost_amount, missing_rate_lines,
  nullif(people_n, 0) as people_n, is_cost_hidden as is_hidden
from marts.tactics
order by tactic_id
