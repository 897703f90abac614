-- One row per month of a dial, of all its units together.
select
  month, sum(value) as total, sum(numerator) as numerator, sum(denominator) as denominator,
  sum(value * coalesce(denominator, n, 1)) / nullif(sum(coalesce(denominator, n, 1)) filter (value is not null), 0) as mean,
  sum(coalesce(denominator, n, 1)) filter (value is not null) as weight,
  count(value) as units, bool_and(is_complete) as is_complete
from marts.dial_monthly
where metric_id = $metric and value is not null
group by month
order by month
