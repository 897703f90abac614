-- Page: /workforce. One row per kind of absence and year for the unit asked for, or of the whole company by job title or
-- place; hours absent ÷ contracted hours, spells ÷ heads. The floor is that of pay.
-- topic: workforce
-- class: aggregate
-- view: absence
-- people: people_n
select split_part(t.absence_type, '||', 1) as absence_type, t.month, t.attribute, t.attribute_value, coalesce(t.attribute_name, t.attribute_value) as name,
  t.people_n, t.absent_hours, t.contracted_hours, t.spells, t.average_heads, t.is_hidden
from marts.absence_tree as t
where t.view_name = $scope_view and t.ancestor_id = $scope_unit and (t.attribute <> '' or not contains(t.absence_type, '||'))
order by 1, t.month, t.attribute, name
