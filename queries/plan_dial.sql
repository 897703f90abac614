-- Page: /plan. One row: what a plan needs to know of a dial.
-- topic: definitions
-- class: none
-- people: none
select metric_id, unit_aggregation, has_people
from marts.dials
where metric_id = $metric
