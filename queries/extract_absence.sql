-- Extract: absence. One row per unit of the tree, kind of absence, year and title or place: hours absent ÷ contracted hours, spells ÷ heads.
-- class: aggregate
-- topic: workforce
-- view: absence
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, split_part(t.absence_type, '||', 1) as absence_type, t.month, t.attribute, t.attribute_value, t.attribute_name, t.people_n, t.absent_hours, t.contracted_hours, t.spells,
  t.average_heads, t.is_hidden
from marts.absence_tree t
where t.view_name = $scope_view and t.ancestor_id <> '(company)' and (t.attribute <> '' or not contains(t.absence_type, '||'))
-- of the company each kind is there for each way of telling people apart, with the same numbers but for their last digits
qualify row_number() over (partition by t.ancestor_id, split_part(t.absence_type, '||', 1), t.month, t.attribute, t.attribute_value order by t.absence_type) = 1
order by 1, 2, 3, 4, 5
