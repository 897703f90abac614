-- Extract: dial_monthly. One row per dial, unit and month with an observation or a plan.
-- A numerator of a few people is said as a range, and its value not at all.
-- class: aggregate
-- topic: results
-- scope: grants
-- people: people_n
-- windows: marts.dial_monthly
select m.metric_id, m.unit_id, m.month,
  case when not m.is_range then m.value end as value,
  case when not m.is_range then m.numerator end as numerator,
  m.numerator_low, m.numerator_high, m.denominator, m.n, m.people_n, m.is_complete, m.plan, m.is_hidden
from marts.dial_monthly m
where m.rowid >= $row_from and m.rowid < $row_to
  and ($metric is null or m.metric_id = $metric)
  and ($from is null or m.month >= $from) and ($to is null or m.month < $to)
