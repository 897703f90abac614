-- Page: /impact. One row per benefit that was planned of a tactic, by its dial.
-- topic: portfolio
-- class: none
-- people: none
select tactic_id, metric_id, coalesce(months, 12) as months, planned_amount, actual_amount, currency, go_live_date
from marts.portfolio_benefits
order by tactic_id, go_live_date, months, benefit_id
