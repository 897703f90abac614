-- Grain: one figure of the quality of forecasts of objectives.
select name, position, value, low, high, n, text
from staging.goal_forecast_quality
