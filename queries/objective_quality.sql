-- Page: /objectives. One row per figure of how good forecasts of objectives were, of the whole company's.
-- topic: strategy
-- class: none
-- scope: everyone
-- people: none
select name, position, value, low, high, n
from marts.objective_quality
where name <> 'fingerprint'
order by name, position
