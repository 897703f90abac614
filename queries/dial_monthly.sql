-- Page: /strategic-results. One row per dial and month over the units in scope, months in order.
-- Dials of people come from dial_people_monthly; here they have their plan alone.
-- topic: results
-- class: aggregate
-- people: people_n
with cells as (
  select m.metric_id, m.month, d.unit_aggregation, s.share, m.n, m.is_complete, m.plan,
    case when not d.has_people then m.value end as value,
    case when not d.has_people then m.numerator end as numerator,
    case when not d.has_people then m.denominator end as denominator,
    coalesce(m.denominator, m.n, 1) as weight,
    coalesce(m.plan_weight, 1) as weight_of_plan
  from marts.dial_monthly m
  join marts.dials d on d.metric_id = m.metric_id
  join scoped_units s on s.unit_id = m.unit_id and m.month >= s.valid_from and m.month < s.valid_to
  where not d.has_people or m.plan is not null
), rolled as (
  select metric_id, month, any_value(unit_aggregation) as unit_aggregation,
    sum(value * share) as total,
    sum(case unit_aggregation when 'ratio' then numerator when 'mean' then value * weight end * share) as numerator,
    sum(case unit_aggregation when 'ratio' then denominator when 'mean' then weight end * share) filter (value is not null) as denominator,
    sum(n)::bigint as n,
    count(value) as units,
    coalesce(bool_and(is_complete) filter (value is not null), false) as is_complete,
    sum(plan * share) as plan_total,
    sum(plan * weight_of_plan * share) as plan_weighted,
    sum(weight_of_plan * share) filter (plan is not null) as plan_weight
  from cells
  group by metric_id, month
)
select metric_id, month,
  case unit_aggregation when 'sum' then total else numerator / nullif(denominator, 0) end as value,
  numerator, denominator, n, null::bigint as people_n, units, is_complete,
  case unit_aggregation when 'sum' then plan_total else plan_weighted / nullif(plan_weight, 0) end as plan,
  plan_weight, false as is_hidden
from rolled
order by metric_id, month
