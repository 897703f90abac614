-- Grain: one open objective as the last refresh forecast it.
select goal_id, reading_date, finish_date, low_date, high_date, theil_sen_date, on_time, spi, slip_days, is_flagged, reason
from staging.goal_forecasts
