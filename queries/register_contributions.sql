-- Page: /register. One row per tactic and dial about which participants and managers were asked.
-- class: aggregate
-- scope: company
-- people: people_n
-- topic: portfolio
select tactic_id, metric_id, contribution, people_n, is_hidden
from marts.panel_contributions
order by tactic_id, metric_id
