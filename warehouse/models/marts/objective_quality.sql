-- Grain: one figure of the quality of forecasts of objectives, of all of the company's.
select name, position, value, low, high, n, text
from core.goal_forecast_quality
