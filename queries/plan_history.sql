-- Page: /plan. One row per unit and complete month of a dial, in order: what a test would be measured against.
-- topic: impact
-- class: aggregate
-- people: people_n
select m.unit_id, u.name as unit_name, u.unit_type, m.month, m.value, coalesce(m.denominator, m.n) as size, m.people_n, m.is_hidden
from marts.dial_monthly m
join marts.dials d on d.metric_id = m.metric_id
join scoped_units s on s.unit_id = m.unit_id and m.month >= s.valid_from and m.month < s.valid_to
left join marts.units u on u.unit_id = m.unit_id
where m.metric_id = $metric and not d.has_people and m.is_complete and m.value is not null and isfinite(m.value)
order by m.unit_id, m.month
