-- Page: /objectives/branch. One row: what the objective asked for has and lacks, and the cross-check of its forecast.
-- topic: strategy
-- class: none
-- people: none
select has_metric, has_baseline, has_target, has_due, theil_sen_date, spi, metric_name, as_of_date, curve
from marts.objectives
where goal_id = $parent and ($scope_unit = '*' or unit_id in (select unit_id from granted_units))
