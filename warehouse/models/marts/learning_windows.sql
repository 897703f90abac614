-- Grain: one window of the filter of periods: from_date <= day < to_date.
select window_id, from_date, to_date
from core.dim_learning_windows
where window_id in ('fy', 'last-fy', 'rolling-12')
