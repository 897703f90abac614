-- One row: what the cells of a dial are, as a number that changes with any of them.
select count(*) || ' ' || coalesce(sum(hash(unit_id, month, value, numerator, denominator, n, is_complete)::hugeint), 0) as content
from marts.dial_monthly
where metric_id = $metric
