-- One row: what the cells of a dial are, as a number that changes with any of them. Nine digits
-- after the first: the order in which rows are added up is not a change.
select
  count(*) || ' ' || coalesce(
    sum(hash(
      unit_id, month, format('{:.9e}', value::double), format('{:.9e}', numerator::double), format('{:.9e}', denominator::double), n, is_complete
    )::hugeint), 0) as content
from marts.dial_monthly
where metric_id = $metric
