-- Page: /workforce. One row per month of the whole company, months in order; of a single unit the tree decides what may
-- be said, so there is nothing here.
-- topic: workforce
-- class: aggregate
-- people: people_n
select h.month, sum(h.heads * s.share) as heads, sum(h.fte * s.share) as fte,
  case when sum(h.contractors) = 0 or sum(h.contractors) >= $min_people then sum(h.contractors * s.share) end as contractors,
  sum(h.people_n)::bigint as people_n, bool_and(h.is_complete) as is_complete, $scope_unit <> '*' as is_hidden
from marts.headcount_monthly h
join scoped_units s on s.unit_id = h.unit_id and h.month >= s.valid_from and h.month < s.valid_to
group by h.month
order by h.month
