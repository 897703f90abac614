-- Extract: reviews. One row per unit of the tree, number of reviews, month and attribute of people: amount ÷ base.
-- class: aggregate
-- topic: reviews
-- scope: grants
-- people: people_n
-- quantile: p50, p90
select t.ancestor_id as unit_id, t.measure, t.month, t.attribute, t.attribute_value, t.attribute_name, t.people_n, t.amount, t.base, t.p50, t.p90, t.fiscal_year,
  t.is_complete, t.is_hidden
from marts.reviews_tree t
where t.view_name = $scope_view and t.ancestor_id <> '(company)'
