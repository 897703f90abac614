-- Grain: one benefit that was planned of a tactic on a dial: how much within 12 months of going live, and how much came.
select benefit_id, tactic_id, metric_id, planned_amount, actual_amount, currency, go_live_date
from core.fct_benefits
