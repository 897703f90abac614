-- Page: /reviews. One row per unit directly below the one asked for and number of reviews at its latest month.
-- topic: reviews
-- class: aggregate
-- people: people_n
-- quantile: p50
select u.unit_id, u.name, t.measure, t.month, t.people_n, t.amount, t.base, t.p50, t.is_hidden
from marts.reviews_tree as t
join marts.units as u on u.unit_id = t.ancestor_id
join granted_units as g on g.unit_id = u.unit_id
where t.view_name = $scope_view and t.attribute = '' and t.measure in ('held', 'on time', 'recognition', 'since', 'done on time')
  and u.parent_id = case when $scope_unit = '*' then (select min(unit_id) from marts.units where parent_id is null and depth = 0) else $scope_unit end
  and t.month = (select max(month) from marts.reviews_tree as x where x.measure = t.measure)
order by u.name, t.measure
