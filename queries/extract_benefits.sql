-- Extract: benefits. One row per benefit that was planned of a tactic on a dial.
-- class: none
-- topic: portfolio
-- people: none
select b.benefit_id, b.tactic_id, b.metric_id, coalesce(b.months, 12)::integer as months, b.planned_amount::double as planned_amount,
  b.actual_amount::double as actual_amount, b.currency, b.go_live_date
from marts.portfolio_benefits b
where ($tactic is null or b.tactic_id = $tactic) and ($metric is null or b.metric_id = $metric)
order by b.benefit_id
