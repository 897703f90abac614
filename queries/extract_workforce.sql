-- Extract: workforce. One row per unit of the tree, number of the workforce, month and title, place or band: amount ÷ base.
-- class: aggregate
-- topic: workforce
-- scope: grants
-- people: people_n
-- quantile: p50
select t.ancestor_id as unit_id, split_part(t.measure, '||', 1) as measure, t.month, t.attribute, t.attribute_value, t.attribute_name, t.people_n, t.amount, t.base, t.p50, t.numerator_low, t.numerator_high,
  t.is_range, t.is_hidden
from marts.workforce_tree t
where t.view_name = $scope_view and t.ancestor_id <> '(company)' and t.attribute in ('', 'band', 'type', 'title', 'location')
  and (t.attribute in ('title', 'location')) = contains(t.measure, '||')
  and ($from is null or t.month >= $from) and ($to is null or t.month < $to)
