-- Extract: objective_quality. One row per figure of how good forecasts of objectives were.
-- class: none
-- topic: strategy
-- scope: everyone
-- people: none
select name, position, value, low, high, n
from marts.objective_quality
where name <> 'fingerprint'
order by name, position
