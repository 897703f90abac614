-- One row per unit and complete month of a dial, in order.
select unit_id, month, value, denominator, n
from marts.dial_monthly
where metric_id = $metric and is_complete and value is not null and isfinite(value)
order by unit_id, month
