-- Page: /workforce. One row per number of the last year and job title or place of work, of the whole company: of units,
-- single titles would nearly always tell of few.
-- topic: workforce
-- class: aggregate
-- people: people_n
select split_part(t.measure, '||', 1) as measure, t.attribute, t.attribute_value, coalesce(t.attribute_name, t.attribute_value) as name,
  t.people_n, t.amount, t.base, t.numerator_low, t.numerator_high, t.is_range, t.is_hidden
from marts.workforce_tree as t
where t.view_name = $scope_view and t.ancestor_id = $scope_unit and t.attribute in ('title', 'location') and contains(t.measure, '||')
order by 1, t.attribute, name
