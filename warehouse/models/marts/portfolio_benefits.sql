-- Grain: one benefit that was planned of a tactic on a dial: how much within so many months of going live, and how much came.
select benefit_id, tactic_id, metric_id, months, planned_amount, actual_amount, currency, go_live_date
from core.fct_benefits
