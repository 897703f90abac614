-- Page: /reviews. One row per number of reviews, month and attribute of people for the unit asked for: amount ÷ base.
-- topic: reviews
-- class: aggregate
-- people: people_n
-- quantile: p50, p90
select measure, month, attribute, attribute_value, coalesce(attribute_name, attribute_value) as name, people_n, amount, base, p50, p90,
  fiscal_year, is_complete, is_hidden
from marts.reviews_tree
where view_name = $scope_view and ancestor_id = $scope_unit
order by measure, month, attribute, name
